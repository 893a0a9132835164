"""Turns rows into the tensors of gRPC messages, and tensors into lists."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.client.results import holds_bytes
from serving.dtypes import STRING, VALUE_FIELDS, dtype_name, dtype_number, numpy_dtype
from serving.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from serving.signature import TensorSpec

_HALF = "half"
_FIELDS = VALUE_FIELDS | {_HALF: "half_val"}


def rows_to_columns(
    rows: Sequence[Mapping[str, object]], inputs: Mapping[str, TensorSpec]
) -> dict[str, np.ndarray[Any, Any]]:
    """Stacks the values of each input, as the element type that the signature wants.

    Raises:
        InvalidArgumentError: A row lacks an input or has another key, or a value does not fit.
    """
    for index, row in enumerate(rows):
        if row.keys() != inputs.keys():
            # Who sends a single row may know it by another number.
            which = f"row {index}" if len(rows) > 1 else "the row"
            raise InvalidArgumentError(
                f"{which} has the values {', '.join(row)}; the signature takes {', '.join(inputs)}"
            )
    return {alias: _column(alias, spec, rows) for alias, spec in inputs.items()}


def fill_tensor(tensor: Any, array: np.ndarray[Any, Any], dtype: str) -> None:
    """Writes an array into an empty `TensorProto`."""
    tensor.dtype = dtype_number(dtype)
    tensor.tensor_shape.SetInParent()
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    if dtype == STRING:
        tensor.string_val.extend(array.reshape(-1).tolist())
    else:
        tensor.tensor_content = array.tobytes()


def tensor_to_list(alias: str, tensor: Any, rows: int) -> list[Any]:
    """Returns the values of an output; texts as `str` unless the alias ends in `_bytes`.

    Args:
        alias: The output's name.
        tensor: Its `TensorProto`.
        rows: How many rows were sent.

    Raises:
        InvalidArgumentError: The element type is not one that this client knows, or the output
            does not have one entry for each row.
    """
    dtype = dtype_name(tensor.dtype)
    if dtype not in _FIELDS:
        raise InvalidArgumentError(f"output {alias} is of type {dtype}, which cannot be read")
    shape = tuple(int(dim.size) for dim in tensor.tensor_shape.dim)
    if shape[:1] != (rows,):
        raise InvalidArgumentError(f"output {alias} of shape {list(shape)} is not {rows} rows")
    values: list[Any] = _read(tensor, dtype, shape).reshape(shape).tolist()
    return _to_text(values) if dtype == STRING and not holds_bytes(alias) else values


def _column(
    alias: str, spec: TensorSpec, rows: Sequence[Mapping[str, object]]
) -> np.ndarray[Any, Any]:
    values = [row[alias] for row in rows]
    try:
        if spec.dtype == STRING:
            return _string_array(values)
        _refuse_wrong_numbers(values, spec.dtype)
        return np.array(values, dtype=numpy_dtype(spec.dtype))
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise InvalidArgumentError(
            f"the values of {alias} do not fit its type {spec.dtype}: {error}"
        ) from error


def _refuse_wrong_numbers(values: list[object], dtype: str) -> None:
    """NumPy would read numbers out of texts, cut decimals off, and take None for NaN."""
    kinds = {"bool": "b", "float": "iuf", "double": "iuf", "half": "iuf"}.get(dtype, "iu")
    kind = np.asarray(values).dtype.kind
    if kind not in kinds:
        raise ValueError(f"found {next(iter(values))!r}")


def _string_array(values: list[object]) -> np.ndarray[Any, Any]:
    array = np.array(values, dtype=object)
    flat = [_to_bytes(value) for value in array.reshape(-1).tolist()]
    result = np.empty(len(flat), dtype=object)
    result[:] = flat
    return result.reshape(array.shape)


def _to_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    raise TypeError(f"found {value!r}")


def _read(tensor: Any, dtype: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    if tensor.tensor_content:
        return np.frombuffer(tensor.tensor_content, dtype=numpy_dtype(dtype))
    values = list(getattr(tensor, _FIELDS[dtype]))
    missing = math.prod(shape) - len(values)
    if values and missing > 0:
        # The last value stands for all that are left out.
        values += values[-1:] * missing
    if dtype == _HALF:
        return np.array(values, dtype=np.uint16).view(np.float16)
    return np.array(values, dtype=numpy_dtype(dtype))


def _to_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_to_text(item) for item in value]
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value
