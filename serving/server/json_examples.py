"""Reads the body of a REST classify or regress request. Free of TensorFlow and of HTTP.

Each example is an object of features. JSON decides the kind of a feature: whole numbers and
booleans are int64, numbers with a point or an exponent are float, strings and `{"b64": "..."}` are
bytes. So `2` and `2.0` are not the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.errors import InvalidArgumentError
from serving.server.json_debug import debug_text, json_type
from serving.server.json_parse import text_bytes
from serving.server.json_tensor import decode_base64, is_base64
from serving.server.versions import MAX_VERSION as MAX_INT64

if TYPE_CHECKING:
    from collections.abc import Mapping

BYTES, FLOAT, INT64 = "bytes", "float", "int64"


@dataclass
class Feature:
    """The values of one feature; `kind` is "" while there are none."""

    kind: str = ""
    values: list[Any] = field(default_factory=list)


Example = dict[str, Feature]


def parse_examples(document: Mapping[str, Any]) -> tuple[Example | None, list[Example]]:
    """Returns the context, if there is one, and the examples of a request.

    Raises:
        InvalidArgumentError: They are missing or have another form.
    """
    context = _parse_example(document["context"]) if "context" in document else None
    if "examples" not in document:
        raise _format_error(
            document, "When method is classify, key 'examples' is expected and was not found"
        )
    examples = document["examples"]
    if not isinstance(examples, list):
        raise _format_error(document, "Expecting 'examples' value to be an list/array")
    if not examples:
        raise _format_error(document, "'examples' value is an empty array")
    return context, [_parse_example(value) for value in examples]


def serialize_examples(
    context: Example | None, examples: list[Example]
) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Returns serialized tf.Examples, each with the context's features before its own.

    Imports TensorFlow.
    """
    head = _serialize(context) if context is not None else b""
    array = np.empty(len(examples), dtype=object)
    array[:] = [head + _serialize(example) for example in examples]
    return array


def _serialize(example: Example) -> bytes:
    from tensorflow.core.example import example_pb2

    message = example_pb2.Example()
    for name, feature in example.items():
        stored = message.features.feature[name]
        if feature.kind:
            getattr(stored, f"{feature.kind}_list").value.extend(feature.values)
    return bytes(message.SerializeToString())


def _parse_example(value: object) -> Example:
    if not isinstance(value, dict):
        raise InvalidArgumentError(f"Example must be JSON object but got JSON {json_type(value)}")
    for name in value:
        _check_name(name)
    return {name: _parse_feature(name, content) for name, content in value.items()}


def _check_name(name: str) -> None:
    if name.isascii():
        return
    # Half a surrogate pair is not even JSON.
    sent = text_bytes(name)
    try:
        sent.decode()
    except UnicodeDecodeError as error:
        shown = sent.decode(errors="backslashreplace")
        raise InvalidArgumentError(f"The name of a feature is not UTF-8: {shown}") from error


def _parse_feature(name: str, content: object) -> Feature:
    feature = Feature()
    for value in content if isinstance(content, list) else [content]:
        kind, converted = _convert(name, value)
        if feature.kind not in ("", kind):
            raise InvalidArgumentError(
                f"Unexpected element type in feature: {name} expecting type: {feature.kind}"
            )
        feature.kind = kind
        feature.values.append(converted)
    return feature


def _convert(name: str, value: object) -> tuple[str, Any]:
    if isinstance(value, bool):
        return INT64, int(value)
    if isinstance(value, int) and -MAX_INT64 - 1 <= value <= MAX_INT64:
        return INT64, value
    if isinstance(value, int) and 0 <= value <= 2 * MAX_INT64 + 1:
        raise InvalidArgumentError(
            f"Feature: {name} has uint64_t element. Only int64_t is supported."
        )
    if isinstance(value, int | float):
        return FLOAT, _to_float(value)
    if isinstance(value, str):
        return BYTES, text_bytes(value)
    if is_base64(value):
        return BYTES, decode_base64(value)
    raise InvalidArgumentError(
        f"Feature: {name} has element with unexpected JSON type: {json_type(value)}"
    )


def _to_float(value: float) -> float:
    # Beyond float32 lies infinity, as for every number that JSON cannot hold.
    with np.errstate(over="ignore"):
        return float(np.float32(min(max(value, -1e300), 1e300)) if value == value else value)  # noqa: PLR0124 - NaN


def _format_error(document: Mapping[str, Any], text: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"JSON Value: {debug_text(document)} {text}")
