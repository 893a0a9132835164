"""What a curated schema says of the types of columns, for whoever reads text."""

from __future__ import annotations

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

_NAMES = {schema_pb2.INT: "int", schema_pb2.FLOAT: "float", schema_pb2.BYTES: "text"}


def column_types(curated_schema: str | None) -> dict[str, str]:
    """Returns the type of each feature: `int`, `float` or `text`.

    Args:
        curated_schema: A TFMD schema as text (pbtxt), or None.
    """
    try:
        schema = text_format.Parse(curated_schema or "", schema_pb2.Schema())
    except text_format.ParseError:
        return {}  # SchemaGen fails on it, and says where the mistake is
    return {
        feature.name: _NAMES[feature.type] for feature in schema.feature if feature.type in _NAMES
    }
