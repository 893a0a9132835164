"""Telling ML Metadata of pushes that it has not heard of, so that the baseline is what is served.

The Resolver finds the baseline among PushedModel artifacts, and retention what it must not remove.
Pusher leaves one when it ends, but it may have been killed just before; a rollback places a version
without Pusher; and the file of ML Metadata may be lost, or the folder of artifacts. What stands in
the model store then gets an artifact here, as Pusher would leave it, of an execution in the
pipeline's context. By it Pusher knows the model in force, too, should the model store be lost.
"""

from __future__ import annotations

import json
from pathlib import Path
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
from components.pusher.model_folder import read_origins, standing_versions
from components.training_record import TRAINING_PROPERTY
from pipeline.config.base import is_uri
from pipeline.metadata.local_store import open_local

if TYPE_CHECKING:
    from components.pusher.origin import Origin, Provenance
    from pipeline.places import Home

_EXECUTION_TYPE = "tidemill.FoundPush"
_FOLDER = "FoundPush"
_PIPELINE_CONTEXT = "pipeline"
_OUTPUT_KEY = "pushed_model"
_ARTIFACT_TYPE = "PushedModel"


class NotRecordedError(Exception):
    """ML Metadata does not know of a push; the message says why, as a clause."""


def record_unrecorded(store: Any, folder: Path, artifacts: str) -> list[Origin]:
    """Records those versions in a model's folder of which no live artifact tells.

    Where ML Metadata does not know the model, or no longer, the version is recorded without it:
    its copy in the model store can be compared with all the same.

    Args:
        store: A `MetadataStore` that can be written.
        folder: `<store>/<name>`, which need not exist; the pipeline has that name.
        artifacts: Folder or URI of the pipeline's artifacts.

    Returns:
        The origins of what was recorded, oldest first.

    Raises:
        OSError: The folder cannot be read.
    """
    standing = standing_versions(folder) if folder.is_dir() else set()
    unrecorded = standing - _recorded(store, folder.name) if standing else standing
    origins = read_origins(folder) if unrecorded else {}
    found = [origins[version] for version in sorted(unrecorded & origins.keys())]
    for origin in found:
        _put(store, _artifact(store, folder, artifacts, origin), folder.name, origin)
    return found


def record_in_home(home: Home, folder: Path) -> None:
    """Does that in a home, between its runs.

    Args:
        home: Whose ML Metadata it is.
        folder: `<store>/<name>`.

    Raises:
        NotRecordedError: There is no ML Metadata, or nothing in it of the pipeline, or it cannot be
            written.
    """
    if not home.metadata.is_file():
        raise NotRecordedError(f"there is no {home.metadata}")
    from ml_metadata import errors

    try:
        with open_local(home.metadata, write=True) as store:
            if store.get_context_by_type_and_name(_PIPELINE_CONTEXT, folder.name) is None:
                raise NotRecordedError(f"{home.metadata} knows no run of {folder.name}")
            record_unrecorded(store, folder, str(home.artifacts / folder.name))
    except (errors.StatusError, RuntimeError, OSError) as error:
        # What follows is the SQL, over many lines.
        reason = str(error).partition(" query:  ")[0]
        raise NotRecordedError(f"{home.metadata} cannot be written ({reason})") from error


def _recorded(store: Any, pipeline: str) -> set[int]:
    context = store.get_context_by_type_and_name(_PIPELINE_CONTEXT, pipeline)
    known = store.get_artifacts_by_context(context.id) if context is not None else []
    return {
        int(artifact.custom_properties[PUSHED_VERSION].string_value)
        for artifact in known
        if artifact.state == artifact.LIVE and PUSHED_VERSION in artifact.custom_properties
    }


def _artifact(store: Any, folder: Path, artifacts: str, origin: Origin) -> Any:
    from ml_metadata.proto import metadata_store_pb2 as protos

    # As TFX registers it, who may come later.
    kind = protos.ArtifactType(name=_ARTIFACT_TYPE, base_type=protos.ArtifactType.MODEL)
    uri = f"{artifacts}/{_FOLDER}/{_OUTPUT_KEY}/{origin.version}"
    if not is_uri(uri):
        Path(uri).mkdir(parents=True, exist_ok=True)
    artifact = protos.Artifact(
        type_id=store.put_artifact_type(kind), uri=uri, state=protos.Artifact.LIVE
    )
    artifact.custom_properties[PUSHED].int_value = 1
    texts = {
        PUSHED_VERSION: str(origin.version),
        PUSHED_DESTINATION: str(folder / str(origin.version)),
        ORIGIN: origin.to_json(),
        SUMMARY: _summary(folder.name, origin),
    }
    if origin.restores is not None:
        texts[RESTORES] = str(origin.restores)
    for name, text in texts.items():
        artifact.custom_properties[name].string_value = text
    return artifact


def _summary(name: str, origin: Origin) -> str:
    if origin.restores is not None:
        return f"{name} was rolled back to version {origin.restores}"
    return f"{name} was pushed as version {origin.version}"


def _put(store: Any, artifact: Any, pipeline: str, origin: Origin) -> None:
    """Puts the artifact with its execution, in one transaction."""
    from ml_metadata.proto import metadata_store_pb2 as protos

    execution = protos.Execution(
        type_id=store.put_execution_type(protos.ExecutionType(name=_EXECUTION_TYPE)),
        last_known_state=protos.Execution.COMPLETE,
    )
    kind = store.put_context_type(protos.ContextType(name=_PIPELINE_CONTEXT))
    context = protos.Context(type_id=kind, name=pipeline)
    uses = []
    model = _model_of(store, origin.provenance)
    if model is not None:
        artifact.custom_properties[MODEL_ID].int_value = model.id
        uses.append((model, _event(protos.Event.INPUT, "model")))
    uses.append((artifact, _event(protos.Event.OUTPUT, _OUTPUT_KEY)))
    store.put_execution(execution, uses, [context], reuse_context_if_already_exist=True)


def _model_of(store: Any, its: Provenance) -> Any | None:
    """Returns the artifact of a model; None where its id and URI are by now those of another."""
    for model in store.get_artifacts_by_id([its.model_artifact_id]):
        if model.uri == its.model_uri and _training_of(model) == its.training:
            return model
    return None


def _training_of(model: Any) -> dict[str, Any]:
    """Returns what Trainer recorded with a model, less what an origin keeps in another place."""
    value = model.custom_properties.get(TRAINING_PROPERTY)
    record: dict[str, Any] = json.loads(value.string_value) if value is not None else {}
    record.pop("software", None)
    return record


def _event(kind: int, key: str) -> Any:
    from ml_metadata.proto import metadata_store_pb2 as protos

    event = protos.Event(type=kind)
    event.path.steps.add().key = key
    event.path.steps.add().index = 0
    return event
