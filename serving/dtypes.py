"""TensorFlow's element types: their numbers, their names, and NumPy's types for them.

Importing this module does not import NumPy: a REST client only needs the names.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

STRING = "string"
FLOATS = frozenset({"float", "double", "half", "bfloat16"})
INTEGERS = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})
# The fields of a TensorProto whose entries are the values themselves.
VALUE_FIELDS = {
    "float": "float_val", "double": "double_val", "bool": "bool_val", STRING: "string_val",
    "int8": "int_val", "int16": "int_val", "int32": "int_val", "uint8": "int_val",
    "uint16": "int_val", "int64": "int64_val", "uint32": "uint32_val", "uint64": "uint64_val",
}  # fmt: skip

_NAMES = {
    1: "float", 2: "double", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: STRING,
    8: "complex64", 9: "int64", 10: "bool", 14: "bfloat16", 17: "uint16", 18: "complex128",
    19: "half", 20: "resource", 21: "variant", 22: "uint32", 23: "uint64",
}  # fmt: skip
_NUMBERS = {name: number for number, name in _NAMES.items()}
_NUMPY = {"float": "float32", "double": "float64", "half": "float16", STRING: "object"}
_BY_NUMPY = {numpy_name: name for name, numpy_name in _NUMPY.items()}
_SAME_IN_NUMPY = INTEGERS | {"bool", "complex64", "complex128"}


def dtype_name(number: int) -> str:
    """Returns the name of a type by its number in `DataType`; an unknown one is "invalid"."""
    return _NAMES.get(number, "invalid")


def dtype_number(name: str) -> int:
    """Returns the number in `DataType` of a type's name, 0 for an unknown one."""
    return _NUMBERS.get(name, 0)


@functools.cache
def numpy_dtype(name: str) -> np.dtype[Any]:
    """Returns NumPy's type for TensorFlow's name; strings are arrays of objects.

    Raises:
        KeyError: NumPy has no such type.
    """
    import numpy as np

    return np.dtype(name if name in _SAME_IN_NUMPY else _NUMPY[name])


def dtype_of(array: np.ndarray[Any, Any]) -> str:
    """Returns TensorFlow's name for the type of an array's elements."""
    return _name_of(array.dtype)


@functools.cache
def _name_of(dtype: np.dtype[Any]) -> str:
    # NumPy puts the name together anew for whoever asks.
    return _BY_NUMPY.get(dtype.name, dtype.name)
