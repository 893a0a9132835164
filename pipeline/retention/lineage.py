"""The facts that retention decides on, from ML Metadata and the model store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.artifact_properties import (
    MODEL_ID,
    PUSHED,
    PUSHED_DESTINATION,
    PUSHED_VERSION,
    RESTORES,
)
from pipeline.retention.policy import Push, Use

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_RUN_CONTEXT = "pipeline_run"
_NODE_CONTEXT = "node"
_IN_EVERY_RUN = frozenset({"Resolver", "Pusher"})
_PUSHED_MODEL = "PushedModel"


def live_among(artifacts: Iterable[Any], folder: Path) -> list[Any]:
    """Returns the messages of those artifacts that ML Metadata has as LIVE in a folder.

    Args:
        artifacts: Messages of artifacts.
        folder: Where a pipeline's artifacts lie.
    """
    return [a for a in artifacts if a.state == a.LIVE and a.uri.startswith(f"{folder}/")]


def claimed_from_elsewhere(artifacts: Iterable[Any], folder: Path) -> set[Path]:
    """Returns what would be in a folder if the home had stayed where ML Metadata has it.

    In a home that was copied or moved these are somebody's outputs, though no artifact lies there.

    Args:
        artifacts: Messages of artifacts.
        folder: Where a pipeline's artifacts lie.
    """
    inside = f"/{folder.parent.name}/{folder.name}/"
    elsewhere = (a.uri for a in artifacts if not a.uri.startswith(f"{folder}/"))
    return {folder / uri.rpartition(inside)[2] for uri in elsewhere if inside in uri}


def mark_deleted(store: Any, artifacts: Collection[Any]) -> None:
    """Tells ML Metadata that artifacts are gone: no cache and no resolver will offer them."""
    for artifact in artifacts:
        artifact.state = artifact.DELETED
    if artifacts:
        store.put_artifacts(list(artifacts))


def fail_active(store: Any, run_id: str, nodes: Collection[str] | None = None) -> None:
    """Marks as failed the executions of a run that ML Metadata has as new or running.

    Args:
        store: A `MetadataStore`.
        run_id: The run.
        nodes: Those of its nodes of which no process is left; None: all.
    """
    active = [e for e in _executions_of(store, run_id) if e.last_known_state in (e.NEW, e.RUNNING)]
    if nodes is not None:
        active = [e for e in active if _node_of(store, e) in nodes]
    for execution in active:
        execution.last_known_state = execution.FAILED
    if active:
        store.put_executions(active)


def anything_executed(store: Any, run_id: str) -> bool:
    """Whether some node of a run was executed whose result the cache could have known.

    Resolvers look something up in every run, and Pusher at the model store.
    """
    return any(
        execution.last_known_state == execution.COMPLETE
        and execution.type.rpartition(".")[2] not in _IN_EVERY_RUN
        for execution in _executions_of(store, run_id)
    )


def _node_of(store: Any, execution: Any) -> str:
    contexts = store.get_contexts_by_execution(execution.id)
    # TFX names the context of a node after the pipeline and the node; no pipeline has a full stop.
    return next((c.name.partition(".")[2] for c in contexts if c.type == _NODE_CONTEXT), "")


def executions_of(store: Any, run_ids: Iterable[str]) -> set[int]:
    """Returns the ids of all executions of some runs."""
    return {e.id for run_id in run_ids for e in _executions_of(store, run_id)}


def _executions_of(store: Any, run_id: str) -> list[Any]:
    context = store.get_context_by_type_and_name(_RUN_CONTEXT, run_id)
    return list(store.get_executions_by_context(context.id)) if context is not None else []


def uses_of(store: Any, artifact_ids: list[int]) -> list[Use]:
    """Returns what executions did with some artifacts."""
    events = store.get_events_by_artifact_ids(artifact_ids) if artifact_ids else []
    return [Use(e.execution_id, e.artifact_id, e.type == e.OUTPUT) for e in events]


def pushes_among(artifacts: Iterable[Any]) -> list[Push]:
    """Returns the pushes among some artifacts, those that were refused left out."""
    pushed = [a for a in artifacts if a.type == _PUSHED_MODEL and _number(a, PUSHED)]
    return [_push(artifact) for artifact in pushed]


def _push(artifact: Any) -> Push:
    destination = Path(_text(artifact, PUSHED_DESTINATION))
    return Push(
        artifact=artifact.id,
        model=_number(artifact, MODEL_ID),
        version=int(_text(artifact, PUSHED_VERSION)),
        # Where the whole store is not there, nobody can tell what stands in it.
        stands=destination.is_dir() or not destination.parent.is_dir(),
        restores=bool(_text(artifact, RESTORES)),
    )


def _text(artifact: Any, name: str) -> str:
    # `[]` would add the property to the message.
    value = artifact.custom_properties.get(name)
    return str(value.string_value) if value is not None else ""


def _number(artifact: Any, name: str) -> int:
    value = artifact.custom_properties.get(name)
    return int(value.int_value) if value is not None else 0
