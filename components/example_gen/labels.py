"""The label in data to train on: its column exists, and every row has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.example_gen.findings import unknown_name
from components.missing_values import MISSING_INT, MISSING_TEXT

if TYPE_CHECKING:
    from collections.abc import Collection

    from components.example_gen.findings import Findings

UNLABELED_FIX = "give the row its label, or take the row out"


def unlabeled(label: str) -> str:
    """Says of a row that its label is missing."""
    return f"no label: {label} is missing"


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


def rows_without_label(column: pa.Array) -> list[int]:
    """Returns the indices of the rows whose label is null, an empty list or a missing value."""
    kind = column.type
    if pa.types.is_null(kind):
        return list(range(len(column)))
    missing = np.asarray(column.is_null())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        missing = missing | np.asarray(pc.equal(column.value_lengths().fill_null(0), 0))
    elif pa.types.is_floating(kind):
        missing = missing | np.asarray(column.is_nan().fill_null(False))
    else:
        value = MISSING_INT if pa.types.is_integer(kind) else MISSING_TEXT
        missing = missing | np.asarray(pc.equal(column, pa.scalar(value, kind)).fill_null(False))
    return [int(row) for row in np.flatnonzero(missing)]
