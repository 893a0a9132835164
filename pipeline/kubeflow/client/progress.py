"""A run on Kubeflow in the form of a local run's record, so that both look the same.

Pure: what Kubeflow and the logs say goes in, a record comes out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.kubeflow.client.task_log import exit_status, read_nodes
from pipeline.node_ids import kind_of
from pipeline.runs import NodeRecord, NodeState, RunOutcome, RunRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.kubeflow.client.runs import KubeflowRun
    from pipeline.kubeflow.task_result import TaskResult

GATE = 3
_TROUBLE = (NodeState.STOPPED, NodeState.FAILED, NodeState.CANCELLED)
_FAILED = frozenset({"FAILED", "CANCELED", "CANCELING"})
_UNKNOWN_CAUSE = "it ended without saying why"


@dataclass(frozen=True)
class TaskNews:
    """What is known of one task.

    Attributes:
        nodes: The nodes that it runs, in order.
        state: As Kubeflow calls it; empty while it has not begun.
        log: Its log so far.
        trouble: What Kubernetes says of its pod; empty if there is nothing.
        result: What it came to in its own words, or None.
    """

    nodes: tuple[str, ...]
    state: str = ""
    log: str = ""
    trouble: str = ""
    result: TaskResult | None = None

    @property
    def exit_status(self) -> int | None:
        """What its program exited with; None if nobody knows."""
        return self.result.exit_status if self.result else exit_status(self.log)

    @property
    def has_ended(self) -> bool:
        """Whether Kubeflow says that it is over, in whatever way."""
        return self.state == "SUCCEEDED" or self.state in _FAILED


@dataclass
class _Told:
    """What the tasks' own results say of the whole run."""

    results: list[TaskResult] = field(default_factory=list)
    statuses: set[int | None] = field(default_factory=set)

    @property
    def pushed_version(self) -> str | None:
        return next((r.pushed_version for r in self.results if r.pushed_version), None)

    @property
    def nothing_new(self) -> bool:
        return any(result.nothing_new for result in self.results)


def record_of(run: KubeflowRun, pipeline: str, tasks: Mapping[str, TaskNews]) -> RunRecord:
    """Returns a run on Kubeflow as a record.

    Args:
        run: What Kubeflow says of it.
        pipeline: Name of the pipeline.
        tasks: The tasks in order, and what is known of them.
    """
    told = _Told()
    nodes: dict[str, NodeRecord] = {}
    for news in tasks.values():
        told.statuses.add(news.exit_status)
        if news.result:
            told.results.append(news.result)
        nodes.update(_nodes(news, run))
    return RunRecord(
        run_id=run.run_id,
        pipeline=pipeline,
        use_case="",
        started=run.created.isoformat(timespec="seconds"),
        pid=0,
        ended=run.ended.isoformat(timespec="seconds") if run.ended and run.is_over else None,
        outcome=_outcome(run, told),
        nodes=nodes,
        pushed_version=told.pushed_version,
        nothing_new=run.state == "SUCCEEDED" and told.nothing_new,
    )


def _outcome(run: KubeflowRun, told: _Told) -> RunOutcome:
    if not run.is_over:
        return RunOutcome.RUNNING
    if run.state == "SUCCEEDED":
        return RunOutcome.SUCCEEDED
    if GATE in told.statuses:
        return RunOutcome.STOPPED
    return RunOutcome.CANCELLED if run.cancelled else RunOutcome.FAILED


def _nodes(news: TaskNews, run: KubeflowRun) -> dict[str, NodeRecord]:
    """Returns the nodes of a task; ids that only the task knows, one for each span, come first."""
    if news.result and news.result.nodes:
        return _told_nodes(news, news.result, run)
    known = read_nodes(news.log)
    kinds = {kind_of(node) for node in known}
    listed = [node for node in news.nodes if node in known or node not in kinds]
    nodes = {node: known[node] for node in known if node not in listed}
    explained = any(its.state in _TROUBLE for its in known.values())
    open_state = _state_of_open(news, run, is_first=not explained)
    for node in listed:
        nodes[node] = known.get(node) or open_state
        if node not in known:
            open_state = _state_of_open(news, run, is_first=False)
    return nodes


def _told_nodes(news: TaskNews, result: TaskResult, run: KubeflowRun) -> dict[str, NodeRecord]:
    """Returns the nodes of a task in its own words, unless Kubeflow failed after its last one."""
    nodes = {node: _record(its) for node, its in result.nodes.items()}
    if result.exit_status == 0 and news.state in _FAILED and not run.cancelled:
        last = nodes[next(reversed(nodes))]
        last.state, last.cause = NodeState.FAILED, news.trouble or _UNKNOWN_CAUSE
    return nodes


def _state_of_open(news: TaskNews, run: KubeflowRun, *, is_first: bool) -> NodeRecord:
    """Returns the record of a node of which the log says nothing."""
    if news.state == "SUCCEEDED":
        return NodeRecord(NodeState.DONE)
    if news.state in _FAILED and is_first:
        if run.cancelled:
            return NodeRecord(NodeState.CANCELLED, cause="the run was terminated")
        state = NodeState.STOPPED if news.exit_status == GATE else NodeState.FAILED
        return NodeRecord(state, cause=_cause(news))
    if news.state == "RUNNING" and is_first and not run.is_over:
        return NodeRecord(NodeState.RUNNING)
    return NodeRecord(NodeState.NOT_RUN if _is_lost(news, run) else NodeState.WAITING)


def _is_lost(news: TaskNews, run: KubeflowRun) -> bool:
    """Whether a node that has not run never will."""
    return run.is_over or news.state in _FAILED


def _cause(news: TaskNews) -> str:
    told = news.result.cause if news.result else ""
    return told or news.trouble or _UNKNOWN_CAUSE


def _record(fields: Mapping[str, Any]) -> NodeRecord:
    return NodeRecord(
        NodeState(fields["state"]),
        seconds=fields.get("seconds"),
        cause=fields.get("cause") or "",
        summary=fields.get("summary") or "",
        verdict=fields.get("verdict"),
    )
