"""What a run amounts to, in words and as an exit status; the same wherever it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.runs import NodeState, RunOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.runs import RunRecord

# As shells count a process that Ctrl-C ended: 128 + SIGINT.
INTERRUPTED = 130

_TROUBLE = (NodeState.FAILED, NodeState.STOPPED)
_NEW_SEARCH = "the hyperparameters are of a new search"
_NO_BASE = "no pushed model has these hyperparameters, or it was the turn of a cold one"
_EXIT_STATUS = {RunOutcome.SUCCEEDED: 0, RunOutcome.STOPPED: 3}


def exit_status(outcome: RunOutcome, cancelled: int = INTERRUPTED) -> int:
    """Returns what a process exits with whose run has ended.

    Args:
        outcome: How the run ended.
        cancelled: Exit status of a run that was cancelled: it depends on how that is done.
    """
    return cancelled if outcome is RunOutcome.CANCELLED else _EXIT_STATUS.get(outcome, 1)


def outcome_and_place(record: RunRecord) -> str:
    """Returns how a run ended, and the nodes that are to blame: a cell of a table."""
    if record.nothing_new:
        return "nothing new"
    trouble = ", ".join(node for node, its in record.nodes.items() if its.state in _TROUBLE)
    if record.outcome is RunOutcome.STOPPED:
        return f"stopped by {trouble}"
    if record.outcome is RunOutcome.SUCCEEDED and any(its.warns for its in record.nodes.values()):
        return f"{record.outcome.value} with warnings"
    return f"{record.outcome.value} in {trouble}" if trouble else record.outcome.value


def closing_lines(
    record: RunRecord, log_of: Callable[[str], str | None] = lambda _node: None
) -> Iterator[str]:
    """Yields the last lines about a run: why it did not succeed, where to look, how it ended.

    Args:
        record: The run.
        log_of: Says where the log of a node is; None where there is nothing to say.
    """
    for node, its in record.nodes.items():
        explained = its.state is NodeState.FAILED and record.outcome is RunOutcome.STOPPED
        if its.state in _TROUBLE and not explained:
            yield f"{node} {its.state.value}: {its.cause}"
            log = log_of(node)
            if log is not None:
                yield f"  log: {log}"
    if record.nothing_new:
        earlier = f"run {record.same_as}" if record.same_as else "an earlier run"
        yield f"nothing new: same data, code and configuration as {earlier}"
    yield outcome_line(record)


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


def training_lines(record: RunRecord) -> Iterator[str]:
    """Yields what a model's training took over from earlier runs: hyperparameters, weights."""
    training = record.training or {}
    search, base = training.get("search"), training.get("base_model")
    if search:
        when = search["finished"].removesuffix("+00:00").replace("T", " ")
        where = f"of {_run_name(search['run_id'], record)}, {when} UTC"
        yield f"hyperparameters: from the search {where}"
    if base:
        yield f"warm start: from the model trained in {_run_name(base['run_id'], record)}"
    elif training.get("warm_start"):
        is_new = search is not None and search["run_id"] == training["run_id"]
        yield f"cold start: {_NEW_SEARCH if is_new else _NO_BASE}"


def _run_name(run_id: str, record: RunRecord) -> str:
    return "this run" if run_id == record.run_id else f"run {run_id}"
