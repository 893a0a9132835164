"""The tasks of an uploaded pipeline, and the nodes that each runs.

Pure: reads the specification that Kubeflow gives back, so that a run can be followed from anywhere.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.kubeflow.payload import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

_PAYLOAD = "--task"


class PipelineTasks(NamedTuple):
    """An uploaded pipeline.

    Attributes:
        name: Name of the pipeline.
        tasks: Its tasks in order, each with the nodes that it runs; where the package does not tell
            them, with its own title.
    """

    name: str
    tasks: Mapping[str, tuple[str, ...]]


def tasks_in(spec: Mapping[str, Any]) -> PipelineTasks:
    """Reads a specification, with or without what belongs to the platform beside it."""
    spec = spec.get("pipeline_spec", spec)
    tasks: Mapping[str, Any] = spec.get("root", {}).get("dag", {}).get("tasks", {})
    return PipelineTasks(
        spec.get("pipelineInfo", {}).get("name", ""),
        {name: _nodes(spec, tasks[name], name) for name in _in_order(tasks)},
    )


def _in_order(tasks: Mapping[str, Any]) -> list[str]:
    ordered: list[str] = []
    while len(ordered) < len(tasks):
        ready = [
            name
            for name, task in tasks.items()
            if name not in ordered and set(task.get("dependentTasks", ())) <= set(ordered)
        ]
        if not ready:  # A circle: Kubeflow would not have taken it.
            return [*ordered, *(name for name in tasks if name not in ordered)]
        ordered += ready
    return ordered


def _nodes(spec: Mapping[str, Any], task: Mapping[str, Any], name: str) -> tuple[str, ...]:
    component = spec.get("components", {}).get(task.get("componentRef", {}).get("name"), {})
    executors = spec.get("deploymentSpec", {}).get("executors", {})
    container = executors.get(component.get("executorLabel"), {}).get("container", {})
    arguments: list[str] = container.get("args", [])
    if _PAYLOAD in arguments[:-1]:
        payload = json.loads(decode(arguments[arguments.index(_PAYLOAD) + 1]))
        if payload.get("nodes"):
            return tuple(payload["nodes"])
    title: str = task.get("taskInfo", {}).get("name", name)
    return (title,)
