"""Converts between arrays and `TensorProto` messages.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.dtypes import STRING, VALUE_FIELDS, dtype_name, dtype_number, dtype_of, numpy_dtype
from serving.errors import InvalidArgumentError
from serving.server.flags import DEFAULT_MOST_ELEMENTS
from serving.server.predict_checks import check_elements
from serving.server.runtime import MakeNdarray

if TYPE_CHECKING:
    from tensorflow.core.framework import tensor_pb2


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
    sizes = [dim.size for dim in proto.tensor_shape.dim]
    if min(sizes, default=0) < 0:
        raise InvalidArgumentError(f"tensor parsing error: {alias}")
    count = math.prod(sizes)
    # A message of a few bytes may stand for an array that no memory holds.
    check_elements(alias, count, most_elements)
    try:
        array = _read_whole(proto, count)
        return MakeNdarray(proto) if array is None else array.reshape(sizes)
    except (TypeError, ValueError, IndexError, KeyError, OverflowError, MemoryError) as error:
        raise InvalidArgumentError(f"tensor parsing error: {alias}") from error


def _read_whole(proto: tensor_pb2.TensorProto, count: int) -> np.ndarray[Any, Any] | None:
    """Returns the values of a message that holds each of them, which is the rule.

    `MakeNdarray` understands every message, and takes seven times as long.
    """
    name = dtype_name(proto.dtype)
    field = VALUE_FIELDS.get(name)
    if field is None:
        return None
    if proto.tensor_content:
        return None if name == STRING else np.frombuffer(proto.tensor_content, numpy_dtype(name))
    values = getattr(proto, field)
    if len(values) != count:
        return None
    if name != STRING:
        return np.fromiter(values, numpy_dtype(name), count)
    array = np.empty(count, dtype=object)
    array[:] = values
    return array


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
    # A shape without dimensions must be there too: it means a scalar.
    proto.tensor_shape.SetInParent()
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    getattr(proto, field).extend(array.reshape(-1).tolist())


def _fill_content(proto: tensor_pb2.TensorProto, array: np.ndarray[Any, Any]) -> None:
    proto.dtype = dtype_number(dtype_of(array))
    proto.tensor_shape.SetInParent()
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    proto.tensor_content = array.tobytes()
