"""Tuner's driver: finds the search to reuse, before TFX asks its cache.

TFX's cache holds a search under everything that Tuner was configured with, the settings of the
training among them. A run whose own configuration differs only in what does not concern the search
is therefore looked up under the configuration of the search that it reuses.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tfx.dsl.components.base import base_driver as dsl_base_driver
from tfx.orchestration.portable import base_driver
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import artifact_utils

from components.history import PastExecution, artifact_ids, past_executions
from components.tuner.reuse import search_to_reuse

if TYPE_CHECKING:
    from ml_metadata import MetadataStore
    from tfx.orchestration import metadata
    from tfx.orchestration.portable import data_types

_log = logging.getLogger(__name__)


class Driver(dsl_base_driver.BaseDriver, base_driver.BaseDriver):
    """Gives Tuner the parameters of the search that it reuses, where there is one.

    The DSL accepts only drivers of its own kind, and the launcher calls only those of the other.
    """

    def __init__(self, mlmd_connection: metadata.Metadata) -> None:
        dsl_base_driver.BaseDriver.__init__(self, mlmd_connection)
        base_driver.BaseDriver.__init__(self, mlmd_connection)

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Returns the parameters under which TFX's cache holds the search; none for a new one."""
        output = driver_output_pb2.DriverOutput()
        with self._mlmd_connection as handle:
            search = _search_to_reuse(handle.store, execution_info)
        if search is not None:
            _log.info("reusing the search of execution %d", search.execution_id)
            for name in execution_info.exec_properties:
                output.exec_properties[name].string_value = search.parameters[name]
        return output


def _search_to_reuse(
    store: MetadataStore, execution_info: data_types.ExecutionInfo
) -> PastExecution | None:
    node_id = execution_info.pipeline_node.node_info.id
    parameters = {name: str(value) for name, value in execution_info.exec_properties.items()}
    return search_to_reuse(
        [
            search
            for search in past_executions(store, execution_info.pipeline_info.id, node_id)
            if search.parameters.keys() == parameters.keys()
        ],
        parameters,
        artifact_ids(execution_info.input_dict),
        lambda search: _is_there(store, search),
    )


def _is_there(store: MetadataStore, search: PastExecution) -> bool:
    ids = [artifact_id for its in search.outputs.values() for artifact_id in its]
    found = store.get_artifacts_by_id(ids)
    types = store.get_artifact_types_by_id([artifact.type_id for artifact in found])
    outputs = [
        artifact_utils.deserialize_artifact(kind, artifact)
        for kind, artifact in zip(types, found, strict=True)
    ]
    if any(artifact.mlmd_artifact.state != artifact.mlmd_artifact.LIVE for artifact in outputs):
        return False
    try:
        artifact_utils.verify_artifacts(outputs)
    except RuntimeError:
        return False
    return True
