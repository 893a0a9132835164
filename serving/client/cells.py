"""What the cell of a table is for an input: what stands for one without a value, and its shape."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from serving.dtypes import FLOATS, STRING
from serving.signature import ROWS_SIGNATURE

if TYPE_CHECKING:
    from serving.signature import TensorSpec

# What a model made here drops, as it does NaN and the empty text, in its signature of rows.
MISSING_INT = -(2**63)
_VECTOR = 1


def missing_value(spec: TensorSpec, signature: str) -> str | float | int | None:
    """Returns what stands for a value that a row does not have; None where nothing does.

    For a model that knows nothing of such values the smallest int64 would be a number as any other.
    So it is sent to the signature of rows alone, and there to inputs of one value a row.

    Args:
        spec: The input.
        signature: The name of its signature.
    """
    if spec.dtype == STRING:
        return ""
    if spec.dtype in FLOATS:
        return math.nan
    is_one_value = spec.shape is not None and len(spec.shape) == _VECTOR
    knows = signature == ROWS_SIGNATURE and spec.dtype == "int64" and is_one_value
    return MISSING_INT if knows else None


def is_missing(value: object) -> bool:
    """Whether a cell is there and holds no value: None or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def nested(value: Any, spec: TensorSpec) -> Any:
    """Returns a single value as an input wants it: in a list for each dimension after the rows'."""
    for _ in (spec.shape or ())[1:]:
        value = [value]
    return value
