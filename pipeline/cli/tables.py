"""Tables and closing lines about runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipeline.runs import NodeState, RunOutcome, RunRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.places import RunFolder

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
_TROUBLE = (NodeState.FAILED, NodeState.STOPPED)
_WIDE = 100
_STARTED = ("started (UTC)",)
_NEW_SEARCH = "the hyperparameters are of a new search"
_NO_BASE = "no pushed model has these hyperparameters, or it was the turn of a cold one"
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


def training_lines(record: RunRecord) -> Iterable[str]:
    """Yields what a model's training took over from earlier runs: hyperparameters, weights."""
    training = record.training or {}
    search, base = training.get("search"), training.get("base_model")
    if search:
        when = search["finished"].removesuffix("+00:00").replace("T", " ")
        where = f"of {_run_name(search['run_id'], record)}, {when} UTC"
        yield escape(f"hyperparameters: from the search {where}")
    if base:
        yield escape(f"warm start: from the model trained in {_run_name(base['run_id'], record)}")
    elif training.get("warm_start"):
        is_new = search is not None and search["run_id"] == training["run_id"]
        yield f"cold start: {_NEW_SEARCH if is_new else _NO_BASE}"


def _run_name(run_id: str, record: RunRecord) -> str:
    return "this run" if run_id == record.run_id else f"run {run_id}"


def outcome_lines(record: RunRecord, folder: RunFolder) -> Iterable[str]:
    """Yields the closing lines of a run: how it ended, why, and where to look."""
    for node, its in record.nodes.items():
        explained = its.state is NodeState.FAILED and record.outcome is RunOutcome.STOPPED
        if its.state in _TROUBLE and not explained:
            yield escape(f"{node} {its.state.value}: {its.cause}")
            yield escape(f"  log: {folder.log(node)}")
    if record.nothing_new:
        earlier = f"run {record.same_as}" if record.same_as else "an earlier run"
        yield escape(f"nothing new: same data, code and configuration as {earlier}")
    yield escape(outcome_line(record))


def outcome_line(record: RunRecord) -> str:
    """Returns a run in one line."""
    states = [its.state for its in record.nodes.values()]
    executed, cached = states.count(NodeState.DONE), states.count(NodeState.CACHED)
    parts = [f"run {record.run_id} {record.outcome.value}", f"{executed} executed, {cached} cached"]
    warning = [node for node, its in record.nodes.items() if its.warns]
    if warning:
        parts.append(f"warnings from {', '.join(warning)}")
    if record.outcome is RunOutcome.SUCCEEDED:
        parts.extend(its.summary for its in record.nodes.values() if its.summary)
    return "; ".join(parts)


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
            escape(_outcome_and_place(record)),
            record.pushed_version or "",
        )
    return table


def _outcome_and_place(record: RunRecord) -> str:
    trouble = ", ".join(node for node, its in record.nodes.items() if its.state in _TROUBLE)
    if record.nothing_new:
        return "nothing new"
    if record.outcome is RunOutcome.STOPPED:
        return f"stopped by {trouble}"
    if record.outcome is RunOutcome.SUCCEEDED and any(its.warns for its in record.nodes.values()):
        return f"{record.outcome.value} with warnings"
    return f"{record.outcome.value} in {trouble}" if trouble else record.outcome.value
