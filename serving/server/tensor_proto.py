"""Converts between arrays and `TensorProto` messages.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.dtypes import VALUE_FIELDS, dtype_number, dtype_of, numpy_dtype
from serving.errors import InvalidArgumentError
from serving.server.flags import DEFAULT_MOST_ELEMENTS
from serving.server.predict_checks import check_elements
from serving.server.runtime import MakeNdarray

if TYPE_CHECKING:
    from tensorflow.core.framework import tensor_pb2

_DTYPES_AND_FIELDS: dict[int, tuple[np.dtype[Any] | None, str]] = {
    dtype_number(name): (numpy_dtype(name), field) for name, field in VALUE_FIELDS.items()
}
_UNKNOWN = (None, "")


def to_array(
    alias: str, proto: tensor_pb2.TensorProto, most_elements: int = DEFAULT_MOST_ELEMENTS
) -> np.ndarray[Any, Any]:
    """Returns the array that a message holds.

    Args:
        alias: The input's name.
        proto: The message.
        most_elements: How many elements it may stand for.

    Raises:
        InvalidArgumentError: The message contradicts itself, or repeats its values into an array
            of too many elements; it names the alias.
    """
    try:
        values, dims = _values(proto), proto.tensor_shape.dim
        if values is not None and len(dims) == 1 and dims[0].size == values.size <= most_elements:
            # What most messages are: a value for each row.
            return values
        return _to_array(alias, proto, values, most_elements)
    except (TypeError, ValueError, IndexError, KeyError, OverflowError, MemoryError) as error:
        raise InvalidArgumentError(f"tensor parsing error: {alias}") from error


def _to_array(
    alias: str,
    proto: tensor_pb2.TensorProto,
    values: np.ndarray[Any, Any] | None,
    most_elements: int,
) -> np.ndarray[Any, Any]:
    sizes = [dim.size for dim in proto.tensor_shape.dim]
    if min(sizes, default=0) < 0:
        raise InvalidArgumentError(f"tensor parsing error: {alias}")
    count = math.prod(sizes)
    # A message of a few bytes may stand for an array that no memory holds.
    check_elements(alias, count, most_elements)
    if values is not None and values.size == count:
        return values.reshape(sizes)
    # It understands every message, and takes seven times as long.
    array: np.ndarray[Any, Any] = MakeNdarray(proto)
    return array


def _values(proto: tensor_pb2.TensorProto) -> np.ndarray[Any, Any] | None:
    """Returns the values of a message that holds each of them, which is the rule; else None."""
    dtype, field = _DTYPES_AND_FIELDS.get(proto.dtype, _UNKNOWN)
    if dtype is None:
        return None
    content = proto.tensor_content
    if content:
        return None if dtype.hasobject else np.frombuffer(content, dtype)
    values = getattr(proto, field)
    if dtype.hasobject:
        return np.array(values[:], dtype)
    return np.fromiter(values, dtype, len(values))


def fill_proto(
    proto: tensor_pb2.TensorProto, array: np.ndarray[Any, Any], *, as_content: bool = False
) -> None:
    """Writes an array into an empty message.

    The values go into the typed field (`float_val`, ...), as TensorFlow Serving writes them and as
    its users read them; types without such a field here are written as `tensor_content`.

    Args:
        proto: The message.
        array: The values.
        as_content: Whether numbers are written as `tensor_content` too, which is faster.
    """
    field = VALUE_FIELDS.get(dtype_of(array))
    if as_content and array.dtype != object:
        field = None
    if field is None:
        _fill_content(proto, array)
        return
    proto.dtype = dtype_number(dtype_of(array))
    _fill_shape(proto, array)
    getattr(proto, field).extend(array.reshape(-1).tolist())


def _fill_content(proto: tensor_pb2.TensorProto, array: np.ndarray[Any, Any]) -> None:
    proto.dtype = dtype_number(dtype_of(array))
    _fill_shape(proto, array)
    proto.tensor_content = array.tobytes()


def _fill_shape(proto: tensor_pb2.TensorProto, array: np.ndarray[Any, Any]) -> None:
    shape = proto.tensor_shape
    # One without dimensions must be there, too: it means a scalar.
    shape.SetInParent()
    for size in array.shape:
        shape.dim.add().size = size
