"""Uploading a compiled pipeline: the same bytes never make a second version.

A version's name is a digest of its bytes, and Kubeflow takes a name only once within a pipeline. So
there is nothing to compare, and of two uploads at the same moment one finds the other's version.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.kubeflow.client.api_errors import ConflictError
from pipeline.kubeflow.client.find_or_make import find_or_make

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.kubeflow.client.connection import Connection
    from pipeline.kubeflow.compiled import CompiledPipeline

_DIGITS = 12
_EQUALS = "EQUALS"


class Version(NamedTuple):
    """A version of a pipeline on Kubeflow.

    Attributes:
        pipeline_id: Id of the pipeline.
        version_id: Id of the version.
        name: Its name, from its bytes.
        new: Whether it was uploaded just now.
    """

    pipeline_id: str
    version_id: str
    name: str
    new: bool


def upload(connection: Connection, compiled: CompiledPipeline) -> Version:
    """Finds the version with these bytes, or uploads it.

    Raises:
        KubeflowError: Kubeflow refuses it or does not answer.
    """
    pipeline_id = _pipeline_id(connection, compiled.name)
    name = version_name(compiled.digest)
    found = _find_version(connection, pipeline_id, name)
    if found:
        return Version(pipeline_id, found, name, new=False)
    try:
        version_id = _upload(connection, pipeline_id, name, compiled)
    except ConflictError:
        found = _find_version(connection, pipeline_id, name)
        if not found:
            raise
        return Version(pipeline_id, found, name, new=False)
    return Version(pipeline_id, version_id, name, new=True)


def version_name(digest: str) -> str:
    """Returns the name of the version with a digest of its bytes."""
    return f"sha256-{digest[:_DIGITS]}"


def find_pipeline(connection: Connection, name: str) -> str | None:
    """Returns the id of the pipeline of a name, or None."""
    found = connection.pages(
        f"look for the pipeline {name}",
        connection.client.pipelines.pipeline_service_list_pipelines,
        "pipelines",
        namespace=connection.namespace,
        filter=equals(display_name=name),
    )
    return next((pipeline.pipeline_id for pipeline in found), None)


def equals(**fields: str) -> str:
    """Returns a filter as list functions take it: every field has its value."""
    predicates = [
        {"key": key, "operation": _EQUALS, "string_value": value} for key, value in fields.items()
    ]
    return json.dumps({"predicates": predicates})


def pipeline_spec(connection: Connection, pipeline_id: str, version_id: str) -> Mapping[str, Any]:
    """Returns what was uploaded as a version."""
    version = connection.call(
        "read the pipeline's version",
        connection.client.pipelines.pipeline_service_get_pipeline_version,
        pipeline_id=pipeline_id,
        pipeline_version_id=version_id,
    )
    spec: Mapping[str, Any] = version.pipeline_spec or {}
    return spec


def _pipeline_id(connection: Connection, name: str) -> str:
    return find_or_make(find_pipeline, _create_pipeline, connection, name)


def _create_pipeline(connection: Connection, name: str) -> str:
    """Makes the pipeline without a version: one made with it would have the pipeline's name."""
    from kfp_server_api import V2beta1Pipeline

    made = connection.call(
        f"make the pipeline {name}",
        connection.client.pipelines.pipeline_service_create_pipeline,
        pipeline=V2beta1Pipeline(
            display_name=name, name=name, description="Tidemill", namespace=connection.namespace
        ),
    )
    return str(made.pipeline_id)


def _find_version(connection: Connection, pipeline_id: str, name: str) -> str | None:
    found = connection.pages(
        "look for the pipeline's version",
        connection.client.pipelines.pipeline_service_list_pipeline_versions,
        "pipeline_versions",
        pipeline_id=pipeline_id,
        filter=equals(display_name=name),
    )
    return next((version.pipeline_version_id for version in found), None)


def _upload(connection: Connection, pipeline_id: str, name: str, compiled: CompiledPipeline) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "pipeline.yaml")
        file.write_text(compiled.text, encoding="utf-8")
        made = connection.call(
            f"upload the pipeline {compiled.name}",
            connection.client.pipeline_uploads.upload_pipeline_version,
            uploadfile=str(file),
            name=name,
            pipelineid=pipeline_id,
            description=f"sha256 {compiled.digest}",
        )
    return str(made.pipeline_version_id)
