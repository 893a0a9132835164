"""Reads configuration files: protocol buffer messages in text form.

The messages that `tensorflow-serving-api` ships come from there. The few that it does not are
described here, field numbers as in TensorFlow Serving. Importing this module imports no TensorFlow.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)

from serving.errors import Code, InvalidArgumentError, ServingError

_Field = descriptor_pb2.FieldDescriptorProto
_INT64 = ".google.protobuf.Int64Value"
# Message -> field -> its number and its type: a scalar, a list of one for many, or a message.
_MESSAGES: dict[str, dict[str, tuple[int, Any]]] = {
    "SSLConfig": {
        "server_key": (1, _Field.TYPE_STRING),
        "server_cert": (2, _Field.TYPE_STRING),
        "custom_ca": (3, _Field.TYPE_STRING),
        "client_verify": (4, _Field.TYPE_BOOL),
    },
    "PrometheusConfig": {"enable": (1, _Field.TYPE_BOOL), "path": (2, _Field.TYPE_STRING)},
    "BatchingParameters": {
        "max_batch_size": (1, _INT64),
        "batch_timeout_micros": (2, _INT64),
        "max_enqueued_batches": (3, _INT64),
        "num_batch_threads": (4, _INT64),
        "thread_pool_name": (5, ".google.protobuf.StringValue"),
        "allowed_batch_sizes": (6, [_Field.TYPE_INT64]),
        "pad_variable_length_inputs": (7, _Field.TYPE_BOOL),
        "enable_large_batch_splitting": (8, ".google.protobuf.BoolValue"),
        "max_execution_batch_size": (9, _INT64),
    },
    "MonitoringConfig": {"prometheus_config": (1, ".tensorflow.serving.PrometheusConfig")},
}


def read_text_message(path: str, message: Any) -> Any:
    """Fills a message from a file in text form.

    Args:
        path: The file.
        message: An empty message of the wanted type.

    Returns:
        The message.

    Raises:
        ServingError: NOT_FOUND when the file cannot be read, INVALID_ARGUMENT when it is not such
            a message; both name the file.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ServingError.of(Code.NOT_FOUND, f"{path}; {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(f"Invalid protobuf file: '{path}': it is not text") from error
    try:
        return text_format.Parse(text, message)
    except text_format.ParseError as error:
        raise InvalidArgumentError(f"Invalid protobuf file: '{path}': {error}") from error


def new_message(name: str) -> Any:
    """Returns an empty message of one of the types that are described here, by its name."""
    return _classes()[name]()


@functools.cache
def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="tidemill/serving_config.proto", package="tensorflow.serving", syntax="proto3"
    )
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for name, (number, kind) in fields.items():
            field = described.field.add(name=name, number=number, label=_Field.LABEL_OPTIONAL)
            if isinstance(kind, list):
                field.label, (field.type,) = _Field.LABEL_REPEATED, kind
            elif isinstance(kind, str):
                field.type_name = kind
            else:
                field.type = kind
    # A pool of its own: the default one may hold TensorFlow Serving's own descriptions.
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    file.dependency.append(wrappers_pb2.DESCRIPTOR.name)
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"tensorflow.serving.{name}")
        )
        for name in _MESSAGES
    }
