"""The part of TensorFlow Serving's gRPC messages that a client needs.

The published stubs import TensorFlow: four seconds and 650 MB for a plain request. So the messages
are described here once more, in a descriptor pool of their own, with the field numbers of
`tensorflow_serving/apis/*.proto` and `tensorflow/core/framework/*.proto`. Enumerations are plain
integers, which is the same on the wire.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "serving.client"
_KIND = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _KIND.TYPE_BOOL,
    "bytes": _KIND.TYPE_BYTES,
    "double": _KIND.TYPE_DOUBLE,
    "float": _KIND.TYPE_FLOAT,
    "int32": _KIND.TYPE_INT32,
    "int64": _KIND.TYPE_INT64,
    "string": _KIND.TYPE_STRING,
    "uint32": _KIND.TYPE_UINT32,
    "uint64": _KIND.TYPE_UINT64,
}


class _Field(NamedTuple):
    """A field: its type is a scalar's or a message's name, after `repeated` or `map` if so."""

    number: int
    name: str
    type: str


_MESSAGES: dict[str, tuple[_Field, ...]] = {
    "Any": (_Field(1, "type_url", "string"), _Field(2, "value", "bytes")),
    "Int64Value": (_Field(1, "value", "int64"),),
    "Dim": (_Field(1, "size", "int64"), _Field(2, "name", "string")),
    "TensorShapeProto": (_Field(2, "dim", "repeated Dim"), _Field(3, "unknown_rank", "bool")),
    "TensorProto": (
        _Field(1, "dtype", "int32"),
        _Field(2, "tensor_shape", "TensorShapeProto"),
        _Field(4, "tensor_content", "bytes"),
        _Field(5, "float_val", "repeated float"),
        _Field(6, "double_val", "repeated double"),
        _Field(7, "int_val", "repeated int32"),
        _Field(8, "string_val", "repeated bytes"),
        _Field(10, "int64_val", "repeated int64"),
        _Field(11, "bool_val", "repeated bool"),
        _Field(13, "half_val", "repeated int32"),
        _Field(16, "uint32_val", "repeated uint32"),
        _Field(17, "uint64_val", "repeated uint64"),
    ),
    "TensorInfo": (
        _Field(1, "name", "string"),
        _Field(2, "dtype", "int32"),
        _Field(3, "tensor_shape", "TensorShapeProto"),
    ),
    "SignatureDef": (
        _Field(1, "inputs", "map TensorInfo"),
        _Field(2, "outputs", "map TensorInfo"),
        _Field(3, "method_name", "string"),
    ),
    "SignatureDefMap": (_Field(1, "signature_def", "map SignatureDef"),),
    "ModelSpec": (
        _Field(1, "name", "string"),
        _Field(2, "version", "Int64Value"),
        _Field(3, "signature_name", "string"),
        _Field(4, "version_label", "string"),
    ),
    "PredictRequest": (
        _Field(1, "model_spec", "ModelSpec"),
        _Field(2, "inputs", "map TensorProto"),
        _Field(3, "output_filter", "repeated string"),
    ),
    "PredictResponse": (
        _Field(1, "outputs", "map TensorProto"),
        _Field(2, "model_spec", "ModelSpec"),
    ),
    "GetModelMetadataRequest": (
        _Field(1, "model_spec", "ModelSpec"),
        _Field(2, "metadata_field", "repeated string"),
    ),
    "GetModelMetadataResponse": (
        _Field(1, "model_spec", "ModelSpec"),
        _Field(2, "metadata", "map Any"),
    ),
    "StatusProto": (_Field(1, "error_code", "int32"), _Field(2, "error_message", "string")),
    "ModelVersionStatus": (
        _Field(1, "version", "int64"),
        _Field(2, "state", "int32"),
        _Field(3, "status", "StatusProto"),
    ),
    "GetModelStatusRequest": (_Field(1, "model_spec", "ModelSpec"),),
    "GetModelStatusResponse": (_Field(1, "model_version_status", "repeated ModelVersionStatus"),),
}


def _build_pool() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(
        name="serving_client.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field in fields:
            _add_field(message, field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


def _add_field(message: descriptor_pb2.DescriptorProto, field: _Field) -> None:
    modifier, _, type_name = field.type.rpartition(" ")
    if modifier == "map":
        type_name = _add_map_entry(message, field.name, type_name)
    added = message.field.add(name=field.name, number=field.number)
    added.label = _KIND.LABEL_REPEATED if modifier else _KIND.LABEL_OPTIONAL
    _set_type(added, type_name)


def _add_map_entry(message: descriptor_pb2.DescriptorProto, name: str, value_type: str) -> str:
    """Adds the pair that stands for an entry of a map on the wire; returns its type's name."""
    entry = message.nested_type.add(name=name.title().replace("_", "") + "Entry")
    entry.options.map_entry = True
    _add_field(entry, _Field(1, "key", "string"))
    _add_field(entry, _Field(2, "value", value_type))
    return f"{message.name}.{entry.name}"


def _set_type(field: descriptor_pb2.FieldDescriptorProto, type_name: str) -> None:
    if type_name in _SCALARS:
        field.type = _SCALARS[type_name]
    else:
        field.type = _KIND.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{type_name}"


_POOL = _build_pool()


def message_class(name: str) -> Any:
    """Returns the class of a message, by its name in TensorFlow Serving's files.

    Raises:
        KeyError: A client has no use for such a message.
    """
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
