"""The pods of a run, from the Argo workflow that Kubeflow keeps of it.

Kubeflow's own account of a task names neither its pod nor why it waits; the workflow does both.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_ATTEMPT = re.compile(r"\(\d+\)$")
_EXECUTOR = "executor"
_DRIVER = "-driver"
_POD_NAME_FORMAT = "workflows.argoproj.io/pod-name-format"
# Argo cuts the beginning of a name: 253 characters less the hash of ten and its hyphen, less one.
_LONGEST_PREFIX = 241


class TaskPod(NamedTuple):
    """A pod of a task.

    Attributes:
        task: Name of the task.
        name: Name of the pod.
        is_driver: Whether it only prepares the task.
        phase: As Argo calls it: `Pending`, `Running`, `Succeeded`, `Failed`, `Error`, `Omitted`.
        message: Why it waits or failed; empty if there is nothing to say.
        started: When it was made, ISO 8601.
    """

    task: str
    name: str
    is_driver: bool
    phase: str
    message: str
    started: str

    @property
    def has_failed(self) -> bool:
        """Whether it has ended, and not well."""
        return self.phase in ("Failed", "Error")


class Workflow(NamedTuple):
    """What Argo knows of a run.

    Attributes:
        pods: Its pods, oldest first.
        message: Why the whole of it failed; empty if there is nothing to say.
    """

    pods: tuple[TaskPod, ...] = ()
    message: str = ""

    def executor(self, task: str) -> TaskPod | None:
        """Returns the latest pod that runs a task; None if there was none yet."""
        return self._latest(task, is_driver=False)

    def current(self, task: str) -> TaskPod | None:
        """Returns the latest pod of a task: the one that runs it, else its driver."""
        return self.executor(task) or self._latest(task, is_driver=True)

    def _latest(self, task: str, *, is_driver: bool) -> TaskPod | None:
        pods = [pod for pod in self.pods if pod.task == task and pod.is_driver is is_driver]
        return pods[-1] if pods else None


def read_workflow(manifest: str) -> Workflow:
    """Reads an Argo workflow, JSON; an empty or strange one has no pods."""
    try:
        fields = json.loads(manifest or "{}")
    except ValueError:
        return Workflow()
    status = fields.get("status") or {}
    nodes = (status.get("nodes") or {}).values()
    pods = [_pod(node, fields.get("metadata") or {}) for node in nodes if node["type"] == "Pod"]
    return Workflow(
        tuple(sorted(filter(None, pods), key=lambda pod: pod.started)),
        status.get("message") or "",
    )


def _pod(node: Mapping[str, Any], metadata: Mapping[str, Any]) -> TaskPod | None:
    *_, task, last = [_ATTEMPT.sub("", part) for part in ("", *node["name"].split("."))]
    is_driver = last.endswith(_DRIVER)
    if is_driver:
        task = last.removesuffix(_DRIVER)
    elif last != _EXECUTOR:
        return None
    return TaskPod(
        task,
        _pod_name(node, metadata),
        is_driver,
        node.get("phase") or "Pending",
        " ".join((node.get("message") or "").split()),
        node.get("startedAt") or "",
    )


def _pod_name(node: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    node_id: str = node["id"]
    if (metadata.get("annotations") or {}).get(_POD_NAME_FORMAT) == "v1":
        return node_id
    prefix = f"{metadata.get('name', '')}-{node.get('templateName', '')}"
    return f"{prefix[:_LONGEST_PREFIX]}-{node_id.rpartition('-')[2]}"
