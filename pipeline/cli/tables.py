"""Tables about runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipeline.run_summary import outcome_and_place
from pipeline.runs import NodeState, RunRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_STYLES = {
    NodeState.WAITING: "dim",
    NodeState.RUNNING: "bold cyan",
    NodeState.DONE: "green",
    NodeState.CACHED: "blue",
    NodeState.STOPPED: "bold yellow",
    NodeState.FAILED: "bold red",
    NodeState.CANCELLED: "yellow",
    NodeState.NOT_RUN: "dim",
}
_WIDE = 100
_STARTED = ("started (UTC)",)
_IN_ONE_PIECE = ("run", "started (UTC)", "nodes", "cached", "pushed")


def node_table(record: RunRecord, running: Mapping[str, float]) -> Table:
    """Returns one line for each node.

    Args:
        record: The run.
        running: Seconds since each running node started.
    """
    table = Table(box=box.SIMPLE, title=f"{record.pipeline}: run {record.run_id}")
    table.add_column("node")
    table.add_column("state")
    table.add_column("seconds", justify="right")
    table.add_column("rows/s", justify="right")
    for node, its in record.nodes.items():
        seconds = its.seconds if its.seconds is not None else running.get(node)
        rate = its.rows_per_second
        table.add_row(
            node,
            Text(its.state.value, style=_STYLES[its.state]),
            "" if seconds is None else f"{seconds:.1f}",
            "" if rate is None else f"{rate:,.0f}",
        )
    return table


def verdict_table(node: str, verdict: Mapping[str, Any]) -> Table:
    """Returns a gate's verdict: its table under its headline, and what to do."""
    title = f"{node}: {verdict['headline']}"
    table = Table(box=box.SIMPLE, title=escape(title), caption=escape(verdict["advice"]))
    for column in verdict["columns"]:
        # Folded, not cut: a name that is cut cannot be copied.
        table.add_column(escape(column), overflow="fold")
    for row in verdict["rows"]:
        table.add_row(*(escape(cell) for cell in row))
    return table


def runs_table(records: Iterable[RunRecord], width: int | None) -> Table:
    """Returns one line for each run.

    Args:
        records: The runs.
        width: Columns of the terminal, or None where there is none and lines may be long. On a
            narrow one the time of the start is left out: a run's id is that time.
    """
    wide = width is None or width >= _WIDE
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    headings = ("run", *_STARTED[:wide], "pipeline", "nodes", "cached", "outcome", "pushed")
    for heading in headings:
        # What another command takes stays in one piece.
        table.add_column(heading, overflow="fold", no_wrap=heading in _IN_ONE_PIECE)
    for record in records:
        states = [its.state for its in record.nodes.values()]
        started = record.started.removesuffix("+00:00").replace("T", " ")
        table.add_row(
            record.run_id,
            *(started,)[:wide],
            escape(record.pipeline),
            str(len(states)),
            str(states.count(NodeState.CACHED)),
            escape(outcome_and_place(record)),
            record.pushed_version or "",
        )
    return table
