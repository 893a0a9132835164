"""Makes rows of a pandas DataFrame, without importing pandas."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union

from serving.dtypes import FLOATS, STRING
from serving.errors import InvalidArgumentError

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import TypeIs

    from serving.signature import TensorSpec

Rows = Union[Sequence[Mapping[str, object]], "pd.DataFrame"]


def is_frame(rows: Rows) -> TypeIs[pd.DataFrame]:
    """Whether rows came as a DataFrame."""
    return hasattr(rows, "columns") and hasattr(rows, "isna")


def frame_to_rows(frame: pd.DataFrame, inputs: Mapping[str, TensorSpec]) -> list[dict[str, Any]]:
    """Returns the rows that a signature takes, as reading a CSV file does.

    Columns that the signature does not take are left out. A missing value is NaN for a float and
    the empty text for a text.

    Raises:
        InvalidArgumentError: A column is missing, or lacks a value that has no such stand-in.
    """
    missing = [alias for alias in inputs if alias not in frame.columns]
    if missing:
        raise InvalidArgumentError(
            f"the DataFrame lacks these columns of the model: {', '.join(missing)}"
        )
    columns = {alias: _values(frame[alias], spec) for alias, spec in inputs.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _values(column: pd.Series[Any], spec: TensorSpec) -> list[Any]:
    values: list[Any] = column.tolist()
    for index, lacking in enumerate(column.isna().tolist()):
        if lacking:
            values[index] = _stand_in(spec, index)
    return [_nested(value, spec) for value in values]


def _stand_in(spec: TensorSpec, index: int) -> object:
    if spec.dtype == STRING:
        return ""
    if spec.dtype in FLOATS:
        return math.nan
    raise InvalidArgumentError(
        f"row {index} has no value in column {spec.alias}, which is of the type {spec.dtype}"
    )


def _nested(value: Any, spec: TensorSpec) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return list(value)
    # The first dimension is the row's; each further one is a list around the value.
    for _ in (spec.shape or ())[1:]:
        value = [value]
    return value
