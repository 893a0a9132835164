"""Execution of ExampleGen: what TFX's file-based ExampleGen does, without Beam and TensorFlow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import proto_utils

from components.artifact_properties import INPUT_FINGERPRINT
from components.artifact_properties import ROWS as ROWS_PROPERTY
from components.example_gen.column_types import ColumnType
from components.example_gen.ingest import Request, ingest
from components.scratch import local_scratch

if TYPE_CHECKING:
    from tfx import types

# What TFX's readers call gzip-compressed TFRecords.
_FILE_FORMAT = "tfrecords_gzip"


class Executor(base_executor.BaseExecutor):
    """Writes `Split-<name>/` for each split."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],  # noqa: ARG002  part of the interface
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Reads the files that the driver resolved, writes the splits and counts them.

        Raises:
            DataRefusedError: The files are at fault.
        """
        examples = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.EXAMPLES_KEY]
        )
        rows = ingest(_request(exec_properties), examples.uri, local_scratch(self._context))
        examples.split_names = artifact_utils.encode_split_names(list(rows))
        examples.set_string_custom_property(ROWS_PROPERTY, json.dumps(rows))
        examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(examples, _FILE_FORMAT)


def _request(properties: dict[str, Any]) -> Request:
    source = proto_utils.json_to_proto(
        properties[standard_component_specs.INPUT_CONFIG_KEY], example_gen_pb2.Input()
    )
    output = proto_utils.json_to_proto(
        properties[standard_component_specs.OUTPUT_CONFIG_KEY], example_gen_pb2.Output()
    )
    return Request(
        folder=properties[standard_component_specs.INPUT_BASE_KEY],
        pattern=source.splits[0].pattern,
        data_format=properties["data_format"],
        splits={split.name: split.hash_buckets for split in output.split_config.splits},
        label=properties.get("label") or None,
        declared=_types(properties["column_types"]),
        in_schema=_types(properties["schema_types"]),
        fingerprint=properties.get(INPUT_FINGERPRINT) or "",
    )


def _types(text: str) -> dict[str, ColumnType]:
    return {name: ColumnType(kind) for name, kind in json.loads(text).items()}
