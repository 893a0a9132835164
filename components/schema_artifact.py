"""The schema as an artifact: one file, which SchemaGen writes and others read."""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import schema_pb2

SCHEMA_FILE = "schema.pbtxt"
# Environments of the schema (`default_environment`, `not_in_environment`): the label is there in
# training and absent in serving.
TRAINING = "TRAINING"
SERVING = "SERVING"


def read_schema(schema_uri: str) -> schema_pb2.Schema:
    """Reads the schema of an artifact (a local folder or any URI that TFX can read)."""
    from tfx.utils import io_utils

    return io_utils.parse_pbtxt_file(f"{schema_uri}/{SCHEMA_FILE}", schema_pb2.Schema())
