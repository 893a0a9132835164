"""What is seen of a run on Kubeflow while it goes on: the same as of a local one."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from typing_extensions import override

from pipeline.cli.display import Display, JsonDisplay, LiveDisplay, PlainDisplay, QuietDisplay
from pipeline.cli.tables import outcome_line
from pipeline.places import RunFolder
from pipeline.runs import NodeState, RunOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.runs import NodeRecord, RunRecord

_TROUBLE = (NodeState.FAILED, NodeState.STOPPED)
# A run on Kubeflow has no folder here; the displays below show nothing of it.
_NOWHERE = RunFolder(Path("kubeflow"))


def show(display: Display, record: RunRecord) -> None:
    """Shows a run on Kubeflow on one of this module's displays."""
    display.show(record, _NOWHERE)


def log_command(run_id: str, node: str) -> str:
    """Returns the command that prints the log of a node."""
    return f"tidemill logs {run_id} {node}"


def closing_lines(record: RunRecord) -> Iterator[str]:
    """Yields how a run ended, why, and where to look."""
    from rich.markup import escape

    for node, its in record.nodes.items():
        explained = its.state is NodeState.FAILED and record.outcome is RunOutcome.STOPPED
        if its.state in _TROUBLE and not explained:
            yield escape(f"{node} {its.state.value}: {its.cause}")
            yield escape(f"  log: {log_command(record.run_id, node)}")
    if record.nothing_new:
        yield "nothing new: same data, code and configuration as an earlier run"
    yield escape(outcome_line(record))


class KubeflowPlainDisplay(PlainDisplay):
    """One line for each node that ended, and a summary."""

    @override
    def started(self, record: RunRecord, folder: RunFolder) -> None:
        """Says nothing: submitting did."""

    @override
    def _closing_lines(self, record: RunRecord, folder: RunFolder) -> Iterable[str]:
        return closing_lines(record)


class KubeflowQuietDisplay(QuietDisplay):
    """Only what went wrong, and the last line."""

    @override
    def _closing_lines(self, record: RunRecord, folder: RunFolder) -> Iterable[str]:
        return closing_lines(record)


class KubeflowLiveDisplay(LiveDisplay):
    """A table that follows the run, on a terminal."""

    @override
    def started(self, record: RunRecord, folder: RunFolder) -> None:
        """Says nothing: submitting did."""

    @override
    def _closing_lines(self, record: RunRecord, folder: RunFolder) -> Iterable[str]:
        return closing_lines(record)


class KubeflowJsonDisplay(JsonDisplay):
    """One JSON object a line for each change of a node, and the whole record at the end."""

    @override
    def changed(self, node: str, record: NodeRecord, folder: RunFolder) -> None:
        run_id = self._record.run_id if self._record else ""
        log = log_command(run_id, node)
        self._print({"event": "node", "node": node, "log": log, **asdict(record)})


def make_display(*, quiet: bool, as_json: bool) -> Display:
    """Chooses how a run is shown.

    Raises:
        UsageError: Quiet and JSON were both asked for.
    """
    if quiet and as_json:
        raise click.UsageError("--quiet and --json exclude each other; choose one")
    if as_json:
        return KubeflowJsonDisplay()
    if quiet:
        return KubeflowQuietDisplay()
    return KubeflowLiveDisplay() if sys.stdout.isatty() else KubeflowPlainDisplay()


def tell(display: Display, sentence: str) -> None:
    """Shows a sentence about a run that goes on, above a table that is there."""
    if isinstance(display, JsonDisplay):
        click.echo(json.dumps({"event": "note", "text": sentence}))
    else:
        display.console.print(sentence, markup=False)
