"""Bytes in JSON, as TensorFlow Serving writes and reads them: `{"b64": "..."}`."""

from __future__ import annotations

import base64
from typing import Any

_KEY = "b64"


def encode_bytes(value: bytes) -> dict[str, str]:
    """Returns the object that stands for bytes."""
    return {_KEY: base64.b64encode(value).decode("ascii")}


def stands_for_bytes(value: object) -> bool:
    """Whether a JSON value is such an object."""
    return isinstance(value, dict) and value.keys() == {_KEY}


def decode_bytes(value: Any) -> Any:
    """Returns a JSON value with bytes for such objects, itself or in (nested) lists.

    Raises:
        ValueError: What stands there is not base64.
    """
    if isinstance(value, list):
        return [decode_bytes(item) for item in value]
    if not stands_for_bytes(value):
        return value
    try:
        return base64.b64decode(value[_KEY], validate=True)
    except (TypeError, ValueError) as error:
        raise ValueError(f"not base64: {value[_KEY]!r}") from error
