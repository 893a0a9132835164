"""Makes rows of a pandas DataFrame, without importing pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union

from serving.client.cells import missing_value, nested
from serving.dtypes import INTEGERS
from serving.errors import InvalidArgumentError

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import TypeIs

    from serving.signature import Signature, TensorSpec

Rows = Union[Sequence[Mapping[str, object]], "pd.DataFrame"]


def is_frame(rows: Rows) -> TypeIs[pd.DataFrame]:
    """Whether rows came as a DataFrame."""
    return hasattr(rows, "columns") and hasattr(rows, "isna")


def frame_to_rows(frame: pd.DataFrame, signature: Signature) -> list[dict[str, Any]]:
    """Returns the rows that a signature takes, as reading a CSV file does.

    Columns that the signature does not take are left out. A missing value is NaN for a float, the
    empty text for a text and the smallest int64 where `serving_rows` takes one int64.

    Raises:
        InvalidArgumentError: A column is missing, or lacks a value that has no such stand-in.
    """
    missing = [alias for alias in signature.inputs if alias not in frame.columns]
    if missing:
        raise InvalidArgumentError(
            f"the DataFrame lacks these columns of the model: {', '.join(missing)}"
        )
    columns = {
        alias: _values(frame[alias], spec, signature.name)
        for alias, spec in signature.inputs.items()
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _values(column: pd.Series[Any], spec: TensorSpec, signature: str) -> list[Any]:
    values: list[Any] = column.tolist()
    for index, lacking in enumerate(column.isna().tolist()):
        if lacking:
            values[index] = missing_value(spec, signature)
            if values[index] is None:
                raise InvalidArgumentError(
                    f"row {index} has no value in column {spec.alias}, "
                    f"which is of the type {spec.dtype}"
                )
    return [_cell(value, spec) for value in values]


def _cell(value: Any, spec: TensorSpec) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return list(value)
    if spec.dtype in INTEGERS and isinstance(value, float) and value.is_integer():
        # pandas makes floats of a whole column in which a number is missing.
        value = int(value)
    return nested(value, spec)
