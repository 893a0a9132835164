"""What a person or a program sees of a run while it goes on and when it is over."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from typing_extensions import Self, override

from pipeline.cli.tables import node_table, verdict_table
from pipeline.run_summary import closing_lines, training_lines
from pipeline.runs import NodeRecord, NodeState, RunRecord

if TYPE_CHECKING:
    from types import TracebackType

    from rich.table import Table

    from pipeline.places import RunFolder

_ENDED = frozenset(NodeState) - {NodeState.WAITING, NodeState.RUNNING}
_REFRESHES_PER_SECOND = 4
# A pipe or a file has no width; the usual guess of 80 would fold cells within their sentences.
_WIDTH_WITHOUT_TERMINAL = 200
_LEAST_WIDTH = 18


class Display:
    """Follows one run. Subclasses decide how much is shown, and how."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or make_console()
        self._record: RunRecord | None = None
        self._folder: RunFolder | None = None
        self._seen: dict[str, NodeState] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leaves the terminal as it was."""

    def show(self, record: RunRecord, folder: RunFolder) -> None:
        """Takes the record as it is now, and shows each node that changed."""
        first = self._record is None
        self._record, self._folder = record, folder
        if first:
            self.started(record, folder)
        for node, its_record in record.nodes.items():
            if self._seen.get(node) is not its_record.state:
                self._seen[node] = its_record.state
                self.changed(node, its_record, folder)

    def started(self, record: RunRecord, folder: RunFolder) -> None:
        """Called once, before any node."""

    def changed(self, node: str, record: NodeRecord, folder: RunFolder) -> None:
        """Called whenever a node's state changed."""

    def finish(self) -> None:
        """Called once, after the last node."""

    def log_of(self, node: str) -> str | None:
        """Says where the log of a node of the run that is shown is; None: nowhere to look at."""
        return str(self._folder.log(node)) if self._folder else None


class PlainDisplay(Display):
    """One line for each node that ended, and a summary: for logs and pipes."""

    _tells_of_training = True
    _tables_of_warnings = True

    @override
    def started(self, record: RunRecord, folder: RunFolder) -> None:
        line = f"{record.pipeline}: run {record.run_id} in {folder.root}"
        self.console.print(line, markup=False)
        for note in record.notes:
            self.console.print(note, markup=False)

    @override
    def changed(self, node: str, record: NodeRecord, folder: RunFolder) -> None:
        if record.state in _ENDED and record.state is not NodeState.NOT_RUN:
            nodes = self._record.nodes if self._record else [node]
            line = plain_line(node, record, max(map(len, nodes)))
            self.console.print(line, markup=False)

    @override
    def finish(self) -> None:
        self._summarize()

    def _summarize(self) -> None:
        if self._record is None or self._folder is None:
            return
        for node, record in self._record.nodes.items():
            shut = record.state is NodeState.STOPPED
            if record.verdict and (shut or (record.warns and self._tables_of_warnings)):
                self.console.print(verdict_table(node, record.verdict))
        if self._tells_of_training:
            for line in training_lines(self._record):
                self.console.print(line, markup=False)
        for line in closing_lines(self._record, self.log_of):
            self.console.print(line, markup=False)


class QuietDisplay(PlainDisplay):
    """Only what went wrong, and the last line, which counts warnings too."""

    _tables_of_warnings = False
    _tells_of_training = False

    @override
    def started(self, record: RunRecord, folder: RunFolder) -> None:
        """Says nothing."""

    @override
    def changed(self, node: str, record: NodeRecord, folder: RunFolder) -> None:
        """Says nothing."""


class JsonDisplay(Display):
    """One JSON object a line for each change of a node, and the whole record at the end."""

    @override
    def changed(self, node: str, record: NodeRecord, folder: RunFolder) -> None:
        fields = {"event": "node", "node": node, "log": self.log_of(node), **asdict(record)}
        self._print(fields)

    @override
    def finish(self) -> None:
        if self._record is not None:
            self._print({"event": "run", **asdict(self._record)})

    def _print(self, fields: dict[str, object]) -> None:
        sys.stdout.write(json.dumps(fields) + "\n")
        sys.stdout.flush()


class LiveDisplay(PlainDisplay):
    """A table that follows the run, on a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        super().__init__(console)
        self._running_since: dict[str, float] = {}
        self._live = Live(
            console=self.console,
            refresh_per_second=_REFRESHES_PER_SECOND,
            get_renderable=self._table,
        )

    @override
    def __enter__(self) -> Self:
        self._live.start()
        return self

    @override
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    @override
    def changed(self, node: str, record: NodeRecord, folder: RunFolder) -> None:
        if record.state is NodeState.RUNNING:
            self._running_since[node] = time.monotonic()

    @override
    def finish(self) -> None:
        self._live.stop()
        self._summarize()

    def _table(self) -> Table | str:
        if self._record is None:
            return "starting ..."
        running = {node: time.monotonic() - since for node, since in self._running_since.items()}
        return node_table(self._record, running)


class _PipeConsole(Console):
    """A console that leaves it to the command what to do when its reader has gone."""

    @override
    def on_broken_pipe(self) -> None:
        # Rich would end the process with exit status 1.
        raise BrokenPipeError


def make_console() -> Console:
    """Returns a console on standard output: as wide as its terminal, wide if it is none."""
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    # A column may well be called a:key:b; Rich would print it with an emoji.
    return _PipeConsole(width=width, highlight=False, soft_wrap=True, emoji=False)


def plain_line(node: str, record: NodeRecord, width: int = 0) -> str:
    """Returns one node as one line: name, state, seconds, rows per second, cause.

    Args:
        node: Id of the node.
        record: What happened to it.
        width: Characters of the run's longest id, for columns.
    """
    parts = [node.ljust(max(width, _LEAST_WIDTH)), f"{record.state.value:<9}"]
    if record.seconds is not None:
        parts.append(f"{record.seconds:7.2f} s")
    if record.rows_per_second is not None:
        parts.append(f"{record.rows_per_second:9,.0f} rows/s")
    if record.cause:
        parts.append(record.cause)
    elif record.warns and record.verdict:
        parts.append(f"warning: {record.verdict['headline']}")
    return " ".join(parts).rstrip()
