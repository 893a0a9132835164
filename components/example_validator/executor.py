"""Execution of ExampleValidator: every split held against the schema, and a verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils

from components.artifact_properties import BLESSED
from components.data_validation import read_statistics
from components.example_validator.allowance import anomaly_kinds, parse_allowance
from components.example_validator.anomalies import verdict_of
from components.example_validator.findings import SplitAnomalies, find_anomalies
from components.gates import write_verdict
from components.schema_artifact import read_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tfx import types

# As TFX's ExampleValidator names it.
_ANOMALIES_FILE = "SchemaDiff.pb"


class Executor(base_executor.BaseExecutor):
    """Writes the anomalies of each split, as TFX does, and the gate's verdict beside them."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Validates every split. Anomalies are a verdict, not an error."""
        statistics = artifact_utils.get_single_instance(
            input_dict[standard_component_specs.STATISTICS_KEY]
        )
        schema = read_schema(
            artifact_utils.get_single_uri(input_dict[standard_component_specs.SCHEMA_KEY])
        )
        anomalies = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.ANOMALIES_KEY]
        )
        anomalies.split_names = statistics.split_names
        anomalies.span = statistics.span
        splits = [
            find_anomalies(
                split, read_statistics(artifact_utils.get_split_uri([statistics], split)), schema
            )
            for split in artifact_utils.decode_split_names(statistics.split_names)
        ]
        _write(anomalies, splits)
        kinds = anomaly_kinds()
        allow = [parse_allowance(entry, kinds) for entry in json.loads(exec_properties["allow"])]
        write_verdict(anomalies.uri, verdict_of(splits, exec_properties.get("label"), allow))


def _write(artifact: types.Artifact, splits: Iterable[SplitAnomalies]) -> None:
    """Writes each split's anomalies, and which splits have none, where TFX does."""
    blessed = {}
    for split, anomalies, _ in splits:
        folder = artifact_utils.get_split_uri([artifact], split)
        content = anomalies.SerializeToString(deterministic=True)
        io_utils.write_bytes_file(f"{folder}/{_ANOMALIES_FILE}", content)
        of_dataset = anomalies.HasField("dataset_anomaly_info")
        blessed[split] = int(not (anomalies.anomaly_info or of_dataset))
    artifact.set_json_value_custom_property(BLESSED, blessed)
