"""What is told of a task whose nodes' process was killed: the pod's files go with the pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import TidemillError
from pipeline.local.runner import WorkerLostError
from pipeline.runs import NodeState

if TYPE_CHECKING:
    from pipeline.kubeflow.pod_display import PodDisplay
    from pipeline.local.runner import LocalRunner
    from pipeline.runs import RunRecord

_WORKER = "worker"
# A pod's memory limit counts all its processes, and the largest of them is killed.
_KILLED = "killed by SIGKILL; raise memory in kubeflow.resources"


class TaskLostError(TidemillError):
    """The process that runs nodes ended before it knew which."""


def run_nodes(runner: LocalRunner, record: RunRecord, display: PodDisplay) -> RunRecord:
    """Runs a task's nodes and returns the record, also where their process was lost.

    Args:
        runner: Runs them.
        record: The record that it fills.
        display: The pod's log, which gets the lost process's.

    Raises:
        TaskLostError: The process ended before any node began.
    """
    try:
        return runner.run()
    except WorkerLostError as lost:
        if lost.log.exists():
            display.log_file(_WORKER, lost.log)
        problem = f"its process was {_KILLED}" if lost.killed else lost.problem
        # Of what failed before, it is known how long it took.
        lost_nodes = [
            its
            for its in record.nodes.values()
            if its.state is NodeState.FAILED and its.seconds is None
        ]
        if not lost_nodes:
            raise TaskLostError(f"{problem}; its log stands above") from lost
        for its in lost_nodes:
            its.cause = problem
        return record
