"""Looking once at a run that may be long over: its record, and the logs of its nodes."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.kubeflow.client.api_errors import KubeflowError
from pipeline.kubeflow.client.pipeline_tasks import PipelineTasks, tasks_in
from pipeline.kubeflow.client.pod_logs import PodLogs
from pipeline.kubeflow.client.remote_run import RemoteRun
from pipeline.kubeflow.client.task_log import node_log, read_nodes, without_launcher
from pipeline.kubeflow.client.upload import pipeline_spec
from pipeline.kubeflow.client.waiting import Follower
from pipeline.node_ids import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.kubeflow.client.connection import Connection
    from pipeline.kubeflow.client.runs import KubeflowRun
    from pipeline.runs import RunRecord


@lru_cache(maxsize=64)
def tasks_of_version(connection: Connection, pipeline_id: str, version_id: str) -> PipelineTasks:
    """Returns the tasks of a pipeline's version; none if it was deleted."""
    if not (pipeline_id and version_id):
        return PipelineTasks("", {})
    try:
        return tasks_in(pipeline_spec(connection, pipeline_id, version_id))
    except KubeflowError as error:
        if error.status is None:
            raise
        return PipelineTasks("", {})


def inspect_run(connection: Connection, run: KubeflowRun) -> RunRecord:
    """Returns the record of a run as far as Kubeflow still knows it."""
    version = tasks_of_version(connection, run.pipeline_id, run.version_id)
    follower = Follower(RemoteRun(connection, run.run_id), version.name, version.tasks, _ignore)
    return follower.look()


def read_node_log(connection: Connection, run: KubeflowRun, node: str, namespace: str) -> str:
    """Returns the log of a node, or of a task.

    Args:
        connection: To Kubeflow.
        run: The run.
        node: Id of a node, or name of a task: then also what is not of a single node.
        namespace: Namespace of its pods.

    Raises:
        UsageError: The run has no such node, or its log is gone.
    """
    remote = RemoteRun(connection, run.run_id, PodLogs(namespace))
    tasks = tasks_of_version(connection, run.pipeline_id, run.version_id).tasks
    workflow = remote.workflow()
    logs = {}
    for task in _tasks_to_search(tasks, node):
        pod = workflow.executor(task)
        logs[task] = remote.log(pod.name) if pod else ""
        found = node_log(logs[task], node)
        if found is not None:
            return found
        if task == node and logs[task]:
            return without_launcher(logs[task])
    own = [task for task in tasks if _runs(tasks[task], node) or node in read_nodes(logs[task])]
    if own:
        return _log_without_sections(run, node, "".join(logs[task] for task in own))
    known = [name for nodes in tasks.values() for name in nodes] + list(tasks)
    near = difflib.get_close_matches(node, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
    raise UsageError(f"run {run.run_id} has no node {node}; {hint}")


def _tasks_to_search(tasks: Mapping[str, tuple[str, ...]], node: str) -> list[str]:
    """Returns the tasks, those that run a node first; ids of spans' nodes are in no package."""
    return sorted(tasks, key=lambda task: task != node and not _runs(tasks[task], node))


def _runs(nodes: Iterable[str], node: str) -> bool:
    """Says whether a task with these nodes runs a node; those of spans are known by kind alone."""
    return kind_of(node) in map(kind_of, nodes)


def _log_without_sections(run: KubeflowRun, node: str, log: str) -> str:
    """Returns what there is where a node has written nothing of its own yet."""
    text = without_launcher(log)
    if text.strip():
        return text
    if run.is_over:
        raise UsageError(f"{node} has no log in run {run.run_id}: it did not run, or it is gone")
    raise UsageError(f"{node} has no log yet; run {run.run_id} goes on")


def _ignore(_sentence: str) -> None:
    """Tells nobody."""
