"""Execution of ExampleValidator: TFX's validation in the TRAINING environment, and a verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.components.example_validator import executor as tfx_executor
from tfx.components.example_validator import labels
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.components.util import value_utils
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils, writer_utils

from components.example_validator.allowance import anomaly_kinds, parse_allowance
from components.example_validator.anomalies import verdict_of
from components.example_validator.findings import SplitAnomalies
from components.gates import write_verdict

if TYPE_CHECKING:
    from tfx import types
    from tfx.proto.orchestration import execution_result_pb2

# The environment of components.schema_gen.environments in which the label is required.
_ENVIRONMENT = "TRAINING"


class Executor(tfx_executor.Executor):
    """Writes the anomalies of each split, as TFX does, and the gate's verdict beside them."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> execution_result_pb2.ExecutorOutput:
        """Validates every split. Anomalies are a verdict, not an error."""
        output = super().Do(input_dict, output_dict, exec_properties)
        statistics = artifact_utils.get_single_instance(
            input_dict[standard_component_specs.STATISTICS_KEY]
        )
        anomalies = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.ANOMALIES_KEY]
        )
        splits = [
            SplitAnomalies(
                split,
                _read_anomalies(artifact_utils.get_split_uri([anomalies], split)),
                stats_artifact_utils.load_statistics(statistics, split).proto(),
            )
            for split in artifact_utils.decode_split_names(anomalies.split_names)
        ]
        kinds = anomaly_kinds()
        allow = [parse_allowance(entry, kinds) for entry in json.loads(exec_properties["allow"])]
        write_verdict(anomalies.uri, verdict_of(splits, exec_properties.get("label"), allow))
        return output

    def _Validate(self, inputs: dict[str, Any], outputs: dict[str, Any]) -> anomalies_pb2.Anomalies:
        """Validates one split in the TRAINING environment; TFX's own names no environment."""
        schema = value_utils.GetSoleValue(inputs, standard_component_specs.SCHEMA_KEY)
        statistics = value_utils.GetSoleValue(inputs, standard_component_specs.STATISTICS_KEY)
        anomalies = tfdv.validate_statistics(statistics, schema, environment=_ENVIRONMENT)
        folder = value_utils.GetSoleValue(outputs, labels.SCHEMA_DIFF_PATH)
        writer_utils.write_anomalies(f"{folder}/{tfx_executor.DEFAULT_FILE_NAME}", anomalies)
        return anomalies


def _read_anomalies(split_uri: str) -> anomalies_pb2.Anomalies:
    anomalies = anomalies_pb2.Anomalies()
    anomalies.ParseFromString(
        io_utils.read_bytes_file(f"{split_uri}/{tfx_executor.DEFAULT_FILE_NAME}")
    )
    return anomalies
