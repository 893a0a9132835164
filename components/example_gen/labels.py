"""The label in data to train on: its column exists, and every row has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.example_gen.findings import unknown_name
from components.missing_values import MISSING_INT, MISSING_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from components.example_gen.findings import Findings
_Rows: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"

MISSING = "missing"
INFINITE = "infinite"
UNLABELED_FIX = "give the row its label, or take the row out"


def unlabeled(label: str, fault: str = MISSING) -> str:
    """Says of a row that it has no label to learn from.

    Args:
        label: Name of the label.
        fault: What is wrong with its value: `MISSING` or `INFINITE`.
    """
    return f"no label: {label} is {fault}"


def check_label_column(
    label: str | None, names: Collection[str], file: str, place: str, findings: Findings
) -> None:
    """Adds a finding if the label is none of the columns.

    Args:
        label: Name of the label, or None if the data has none.
        names: Names of the columns.
        file: Where the names are from.
        place: Where in the file they are.
        findings: Receives the finding.
    """
    if label is not None and label not in names:
        problem = f"no column {label!r}, which data.label names"
        findings.add(file, place, problem, unknown_name(label, names))


def label_faults(column: pa.Array) -> Iterator[tuple[str, list[int]]]:
    """Yields what is wrong with labels, and the indices of the rows where it is.

    Args:
        column: The labels, or lists of them. Missing are a null, an empty list and, as a label or
            in a list, what stands for a missing value.
    """
    for fault, rows in ((MISSING, _missing(column)), (INFINITE, _infinite(column))):
        if len(rows):
            yield fault, rows.tolist()


def _missing(column: pa.Array) -> _Rows:
    absent = np.asarray(column.is_null())
    if _is_list(column):
        absent = absent | np.asarray(pc.equal(column.value_lengths().fill_null(0), 0))
    return np.union1d(np.flatnonzero(absent), _rows_of(column, _stand_for_none))


def _infinite(column: pa.Array) -> _Rows:
    return _rows_of(column, _are_infinite)


def _are_infinite(values: pa.Array) -> pa.BooleanArray:
    if pa.types.is_floating(values.type):
        return pc.is_inf(values)
    return pa.array(np.zeros(len(values), bool))


def _rows_of(column: pa.Array, holds: Callable[[pa.Array], pa.BooleanArray]) -> _Rows:
    """Returns the indices of the rows with a value of which something holds."""
    if _is_list(column):
        rows = np.asarray(pc.list_parent_indices(column))
        return np.unique(rows[np.asarray(holds(column.flatten()).fill_null(False))])
    return np.flatnonzero(np.asarray(holds(column).fill_null(False)))


def _stand_for_none(values: pa.Array) -> pa.BooleanArray:
    kind = values.type
    if pa.types.is_null(kind):
        return values.is_null()
    if pa.types.is_floating(kind):
        return values.is_nan()
    value = MISSING_INT if pa.types.is_integer(kind) else MISSING_TEXT
    return pc.equal(values, pa.scalar(value, kind))


def _is_list(column: pa.Array) -> bool:
    return bool(pa.types.is_list(column.type) or pa.types.is_large_list(column.type))
