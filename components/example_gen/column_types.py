"""The type of a CSV column: declared, or inferred over all rows of all files.

The rule is TFX's (1.21, `tfx_bsl.coders.csv_decoder`): whole numbers, else numbers, else text; an
integer beyond 64 bits is text; an empty cell says nothing. What differs: a column of which half the
cells or more are numbers is not quietly read as text, because of a `N/A` here and there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

# From this share of numbers on, the rest are taken for mistakes in a column of numbers.
NUMBER_SHARE = 0.5

_INTEGER = r"^[ \t]*[+-]?[0-9]+[ \t]*$"
_NUMBER = (
    r"^[ \t]*[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
    r"|[nN][aA][nN]|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?)[ \t]*$"
)
_SAFE_DIGITS = 18  # any integer of so many characters fits into 64 bits
_INT64_END = 1 << 63


class ColumnType(str, Enum):
    """What the cells of a column are."""

    INT = "int"
    FLOAT = "float"
    TEXT = "text"


@dataclass
class Tally:
    """What has been seen of a column.

    Attributes:
        filled: Cells that are not empty.
        numbers: Cells that are numbers.
        integers: Whether all filled cells are integers.
    """

    filled: int = 0
    numbers: int = 0
    integers: bool = True

    def add(self, cells: pa.Array) -> None:
        """Counts more cells: strings, null where empty."""
        filled = len(cells) - cells.null_count
        self.filled += filled
        if self.integers:
            whole = _count(is_integer(cells))
            if whole == filled:
                self.numbers += filled
                return
            self.integers = False
        self.numbers += _count(is_number(cells))

    @property
    def is_mixed(self) -> bool:
        """Whether half the cells or more are numbers, but not all."""
        return NUMBER_SHARE * self.filled <= self.numbers < self.filled

    @property
    def inferred(self) -> ColumnType | None:
        """The type that fits all cells; None when all are empty."""
        if not self.filled:
            return None
        if self.integers:
            return ColumnType.INT
        return ColumnType.FLOAT if self.numbers == self.filled else ColumnType.TEXT


class Demand(NamedTuple):
    """What the cells of a column must be, because they were declared so or most are.

    Attributes:
        type: `INT` or `FLOAT`.
        fix: What to do about a cell that is not.
    """

    type: ColumnType
    fix: str

    def violations(self, cells: pa.Array) -> list[int]:
        """Returns the indices of the cells that break the demand; empty ones do not."""
        accepted = is_integer(cells) if self.type is ColumnType.INT else is_number(cells)
        refused = np.asarray(pc.invert(accepted).fill_null(False))
        return [int(row) for row in np.flatnonzero(refused)]


class Columns(NamedTuple):
    """The types of a table's columns, and what they demand of the cells.

    Attributes:
        types: Type by column; None for a column without any value and any declaration.
        broken: Demands that some cells break.
    """

    types: Mapping[str, ColumnType | None]
    broken: Mapping[str, Demand]


def decide(
    tallies: Mapping[str, Tally],
    declared: Mapping[str, ColumnType],
    in_schema: Mapping[str, ColumnType],
) -> Columns:
    """Decides the type of each column.

    Args:
        tallies: What all cells of each column came to.
        declared: Types that the configuration gives; they win.
        in_schema: Types that the curated schema gives; of a column without any value it says
            nothing.
    """
    types: dict[str, ColumnType | None] = {}
    broken: dict[str, Demand] = {}
    for name, tally in tallies.items():
        by_schema = in_schema.get(name) if tally.filled else None
        given = declared.get(name) or by_schema
        types[name] = given or tally.inferred
        if given is None and tally.is_mixed:
            fix = f"mend or empty the cell, or declare data.types: {{{name}: text}}"
            broken[name] = Demand(ColumnType.FLOAT, fix)
        elif given is not None and not _fits(tally, given):
            source = f"data.types.{name}" if name in declared else "the type in the schema"
            broken[name] = Demand(given, f"mend or empty the cell, or change {source}")
    return Columns(types, broken)


def is_integer(cells: pa.Array) -> pa.BooleanArray:
    """Says of each cell whether it is an integer of 64 bits; null for an empty one."""
    matches = pc.match_substring_regex(cells, _INTEGER)
    long = np.flatnonzero(_beyond(cells, _SAFE_DIGITS) & np.asarray(matches.fill_null(False)))
    if not len(long):
        return matches
    fits = np.asarray(matches.fill_null(False)).copy()
    fits[long] = [_fits_int64(cell.as_py()) for cell in cells.take(pa.array(long))]
    return pa.array(fits, mask=np.asarray(cells.is_null()))


def is_number(cells: pa.Array) -> pa.BooleanArray:
    """Says of each cell whether it is a number; null for an empty one.

    An integer beyond 64 bits is none: as a number it would lose digits.
    """
    matches = pc.match_substring_regex(cells, _NUMBER)
    if not _beyond(cells, _SAFE_DIGITS).any():
        return matches
    integers = pc.match_substring_regex(cells, _INTEGER)
    return pc.if_else(integers, is_integer(cells), matches)


def _fits(tally: Tally, given: ColumnType) -> bool:
    if given is ColumnType.INT:
        return tally.integers
    return given is ColumnType.TEXT or tally.numbers == tally.filled


def _count(matches: pa.BooleanArray) -> int:
    return pc.sum(matches).as_py() or 0


def _beyond(cells: pa.Array, characters: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(pc.greater(pc.binary_length(cells), characters).fill_null(False))


def _fits_int64(cell: str) -> bool:
    return -_INT64_END <= int(cell) < _INT64_END
