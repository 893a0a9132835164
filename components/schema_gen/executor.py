"""Execution of SchemaGen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.data_validation import read_statistics
from components.schema_artifact import SCHEMA_FILE
from components.schema_gen.environments import add_environments
from components.schema_gen.inference import infer

if TYPE_CHECKING:
    from tfx import types


class Executor(base_executor.BaseExecutor):
    """Writes `schema.pbtxt`."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes the curated schema, or the one inferred from all splits of all spans.

        Raises:
            UnknownLabelError: The label is not a feature.
            google.protobuf.text_format.ParseError: The curated schema is not a TFMD schema.
        """
        curated = exec_properties.get("curated_schema")
        if curated:
            schema = text_format.Parse(curated, schema_pb2.Schema())
        else:
            statistics = [
                read_statistics(artifact_utils.get_split_uri([artifact], split))
                for artifact in input_dict["statistics"]
                for split in artifact_utils.decode_split_names(artifact.split_names)
            ]
            schema = infer(statistics, infer_shapes=bool(exec_properties["infer_shapes"]))
        add_environments(schema, exec_properties.get("label"))
        uri = artifact_utils.get_single_uri(output_dict["schema"])
        io_utils.write_pbtxt_file(f"{uri}/{SCHEMA_FILE}", schema)
