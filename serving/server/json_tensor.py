"""Turns nested JSON values into arrays, as strictly as TensorFlow Serving does.

JSON has one kind of number and no bytes. So an integer tensor takes only JSON integers, a float
tensor takes any number, a string tensor takes strings and `{"b64": "..."}`.
"""

from __future__ import annotations

import base64
import binascii
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.dtypes import STRING, numpy_dtype
from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.json_debug import debug_text, json_type
from serving.server.json_parse import text_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

_B64_KEY = "b64"
_ACCEPTED: dict[str, frozenset[type]] = {
    "float": frozenset({int, float}),
    "double": frozenset({int, float}),
    "bool": frozenset({bool}),
    STRING: frozenset({str, dict}),
} | dict.fromkeys(
    ("int8", "int16", "int32", "int64", "uint8", "uint32", "uint64"), frozenset({int})
)


def is_base64(value: object) -> bool:
    """Whether a JSON value is bytes in disguise: an object of the one key "b64"."""
    return type(value) is dict and len(value) == 1 and isinstance(value.get(_B64_KEY), str)


def to_array(value: object, dtype: str) -> np.ndarray[Any, Any]:
    """Converts a JSON value into an array of its own shape.

    Args:
        value: A scalar, or lists of equal lengths at each level.
        dtype: TensorFlow's name of the element type.

    Raises:
        ServingError: INVALID_ARGUMENT when the lists are ragged or an element has another type;
            UNIMPLEMENTED when JSON cannot express the element type.
    """
    accepted = _ACCEPTED.get(dtype)
    if accepted and type(value) is list and accepted.issuperset(map(type, value)):
        # The commonest by far: one dimension, with nothing to take apart and nothing to refuse.
        return _array_of(value, [len(value)], dtype)
    shape, elements = _flatten(value)
    if accepted is None:
        text = debug_text(value)
        raise ServingError.of(
            Code.UNIMPLEMENTED, f"Conversion of JSON Value: {text} to type: {dtype}"
        )
    if not accepted.issuperset(map(type, elements)):
        raise _wrong_type(next(e for e in elements if type(e) not in accepted), dtype)
    return _array_of(elements, shape, dtype)


def _array_of(elements: list[Any], shape: list[int], dtype: str) -> np.ndarray[Any, Any]:
    """Returns an array of elements that are of the right kind."""
    if dtype == STRING:
        array = np.empty(len(elements), dtype=object)
        array[:] = [_to_bytes(element) for element in elements]
    else:
        try:
            array = np.array(elements, dtype=numpy_dtype(dtype))
        except OverflowError as error:
            raise _wrong_type(_first_misfit(elements, dtype), dtype) from error
    return array if len(shape) == 1 else array.reshape(shape)


def _flatten(value: object) -> tuple[list[int], list[Any]]:
    """Returns the shape of nested lists and their elements, row by row."""
    shape: list[int] = []
    level: list[Any] = [value]
    while level and type(level[0]) is list:
        size = len(level[0])
        for item in level:
            if type(item) is not list:
                raise InvalidArgumentError(
                    f"JSON Value: {debug_text(item)} found at incorrect level: {len(shape) + 1} "
                    f"in the JSON DOM. Expected at level: {_rank(level[0]) + len(shape)}"
                )
            if len(item) != size:
                raise InvalidArgumentError(
                    f"Encountered list at unexpected size: {len(item)} at level: {len(shape)} "
                    f"expected size: {size}"
                )
        shape.append(size)
        level = list(chain.from_iterable(level))
    if any(type(item) is list for item in level):
        rank = len(shape)
        raise InvalidArgumentError(
            f"Encountered list at unexpected level: {rank} expected < {rank}"
        )
    return shape, level


def _rank(value: object) -> int:
    """Returns how deep lists are nested, judged by the first element of each."""
    rank = 0
    while isinstance(value, list):
        rank += 1
        value = value[0] if value else None
    return rank


def decode_base64(value: object) -> bytes:
    """Returns the bytes in an object of the one key "b64"; padding may be left out.

    Raises:
        InvalidArgumentError: It is another object, or not base64.
    """
    if not is_base64(value):
        raise InvalidArgumentError(
            f"JSON Value: {debug_text(value)} not formatted correctly for base64 data"
        )
    assert isinstance(value, dict)
    text = "".join(value[_B64_KEY].split()).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidArgumentError("Unable to base64 decode") from error


def _to_bytes(element: str | dict[str, Any]) -> bytes:
    if isinstance(element, str):
        return text_bytes(element)
    return decode_base64(element)


def _first_misfit(elements: list[Any], dtype: str) -> object:
    def fits(element: object) -> bool:
        return _succeeds(lambda: np.array(element, dtype=numpy_dtype(dtype)))

    return next(element for element in elements if not fits(element))


def _succeeds(action: Callable[[], object]) -> bool:
    try:
        action()
    except OverflowError:
        return False
    return True


def _wrong_type(element: object, dtype: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"JSON Value: {debug_text(element)} Type: {json_type(element)} "
        f"is not of expected type: {dtype}"
    )
