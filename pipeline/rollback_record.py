"""Telling ML Metadata of a rollback, so that the next run compares with the model that is served.

The Resolver finds the baseline among PushedModel artifacts. A rollback therefore leaves one, as
Pusher does, of an execution in the pipeline's context. By it Pusher knows the model in force, too,
should the model store be lost.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from components.artifact_properties import (
    MODEL_ID,
    ORIGIN,
    PUSHED,
    PUSHED_DESTINATION,
    PUSHED_VERSION,
    RESTORES,
    SUMMARY,
)
from pipeline.metadata.local_store import open_local

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from components.pusher.origin import Origin
    from pipeline.places import Home

_EXECUTION_TYPE = "tidemill.Rollback"
_PIPELINE_CONTEXT = "pipeline"
_OUTPUT_KEY = "pushed_model"


class NotRecordedError(Exception):
    """ML Metadata does not know of a rollback; the message says why, as a clause."""


def record_rollbacks(home: Home, folder: Path, rollbacks: Sequence[Origin]) -> None:
    """Records those rollbacks that are not recorded yet, as one that was interrupted.

    Args:
        home: Whose ML Metadata it is.
        folder: `<store>/<name>`.
        rollbacks: Origins of versions that restore others, newest first.

    Raises:
        NotRecordedError: There is no ML Metadata, or the newest one's model is not in it, or it
            is locked or cannot be written.
    """
    if not rollbacks:
        return
    if not home.metadata.is_file():
        raise NotRecordedError(f"there is no {home.metadata}")
    from ml_metadata import errors

    newest, *older = rollbacks
    try:
        with open_local(home.metadata, write=True) as store:
            for origin in reversed(older):
                with contextlib.suppress(NotRecordedError):
                    _record(store, home, folder, origin)
            _record(store, home, folder, newest)
    except (errors.StatusError, RuntimeError, OSError) as error:
        # What follows is the SQL, over many lines.
        reason = str(error).partition(" query:  ")[0]
        raise NotRecordedError(f"{home.metadata} cannot be written ({reason})") from error


def _record(store: Any, home: Home, folder: Path, origin: Origin) -> None:
    model, context = _model_and_pipeline(store, origin, home)
    if not _is_recorded(store, context, origin):
        _put(store, context, model, _artifact(store, home, folder, origin))


def _model_and_pipeline(store: Any, origin: Origin, home: Home) -> tuple[Any, Any]:
    its = origin.provenance
    context = store.get_context_by_type_and_name(_PIPELINE_CONTEXT, its.pipeline)
    models = store.get_artifacts_by_id([its.model_artifact_id])
    if context is None or not models or models[0].uri != its.model_uri:
        raise NotRecordedError(f"{home.metadata} does not know the model")
    return models[0], context


def _is_recorded(store: Any, context: Any, origin: Origin) -> bool:
    version = str(origin.version)
    return any(
        artifact.custom_properties[PUSHED_VERSION].string_value == version
        for artifact in store.get_artifacts_by_context(context.id)
        if PUSHED_VERSION in artifact.custom_properties
    )


def _artifact(store: Any, home: Home, folder: Path, origin: Origin) -> Any:
    from ml_metadata.proto import metadata_store_pb2 as protos

    place = home.artifacts / origin.provenance.pipeline / "Rollback" / _OUTPUT_KEY
    uri = place / str(origin.version)
    uri.mkdir(parents=True, exist_ok=True)
    artifact = protos.Artifact(
        type_id=store.get_artifact_type("PushedModel").id, uri=str(uri), state=protos.Artifact.LIVE
    )
    numbers = {PUSHED: 1, MODEL_ID: origin.provenance.model_artifact_id}
    texts = {
        PUSHED_VERSION: str(origin.version),
        PUSHED_DESTINATION: str(folder / str(origin.version)),
        RESTORES: str(origin.restores),
        ORIGIN: origin.to_json(),
        SUMMARY: f"{folder.name} was rolled back to version {origin.restores}",
    }
    for name, number in numbers.items():
        artifact.custom_properties[name].int_value = number
    for name, text in texts.items():
        artifact.custom_properties[name].string_value = text
    return artifact


def _put(store: Any, context: Any, model: Any, artifact: Any) -> None:
    """Puts the artifact with its execution, in one transaction."""
    from ml_metadata.proto import metadata_store_pb2 as protos

    execution = protos.Execution(
        type_id=store.put_execution_type(protos.ExecutionType(name=_EXECUTION_TYPE)),
        last_known_state=protos.Execution.COMPLETE,
    )
    store.put_execution(
        execution,
        [
            (model, _event(protos.Event.INPUT, "model")),
            (artifact, _event(protos.Event.OUTPUT, _OUTPUT_KEY)),
        ],
        [context],
    )


def _event(kind: int, key: str) -> Any:
    from ml_metadata.proto import metadata_store_pb2 as protos

    event = protos.Event(type=kind)
    event.path.steps.add().key = key
    event.path.steps.add().index = 0
    return event
