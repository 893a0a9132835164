"""What ML Metadata remembers of a node: its executions, with their parameters and artifacts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ml_metadata.proto import metadata_store_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NODE_CONTEXT = "node"
_Ids = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class PastExecution:
    """One execution that did its work, not one that was answered from the cache.

    Attributes:
        execution_id: Its id in ML Metadata.
        parameters: What it was configured with, as text.
        inputs: Ids of the artifacts that it read, by input; an input without artifacts is absent.
        outputs: Ids of the artifacts that it made, likewise.
    """

    execution_id: int
    parameters: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    outputs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def past_executions(store: Any, pipeline: str, node_id: str) -> list[PastExecution]:
    """Returns the executions of a node that did their work, the newest first.

    Args:
        store: ML Metadata's store.
        pipeline: Name of the pipeline.
        node_id: Id of the node.
    """
    context = store.get_context_by_type_and_name(_NODE_CONTEXT, f"{pipeline}.{node_id}")
    known = store.get_executions_by_context(context.id) if context else []
    complete = [e for e in known if e.last_known_state == metadata_store_pb2.Execution.COMPLETE]
    if not complete:
        return []
    events = store.get_events_by_execution_ids([execution.id for execution in complete])
    inputs = _artifacts(events, metadata_store_pb2.Event.INPUT)
    outputs = _artifacts(events, metadata_store_pb2.Event.OUTPUT)
    return [
        PastExecution(its.id, _parameters(its), inputs[its.id], outputs[its.id])
        for its in sorted(complete, key=lambda execution: int(execution.id), reverse=True)
    ]


def artifact_ids(artifacts: Mapping[str, Iterable[Any]]) -> _Ids:
    """Returns the ids of TFX artifacts by input, in the form of `PastExecution.inputs`."""
    ids = {name: tuple(int(artifact.id) for artifact in its) for name, its in artifacts.items()}
    return {name: its for name, its in ids.items() if its}


def _parameters(execution: Any) -> dict[str, str]:
    # TFX keeps notes of its own under names with two underscores.
    return {
        name: str(getattr(value, value.WhichOneof("value")))
        for name, value in execution.custom_properties.items()
        if not name.startswith("__")
    }


def _artifacts(events: Iterable[Any], kind: int) -> dict[int, _Ids]:
    """Returns execution -> input or output -> ids of artifacts, in their order."""
    found: dict[int, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for event in events:
        if event.type == kind:
            name, position = event.path.steps[0].key, event.path.steps[1].index
            found[event.execution_id][name].append((position, event.artifact_id))
    ids: dict[int, _Ids] = defaultdict(dict)
    for execution, named in found.items():
        ids[execution] = {name: tuple(i for _, i in sorted(its)) for name, its in named.items()}
    return ids
