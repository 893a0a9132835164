"""Rows as a client would send them to a signature of raw values, made from recorded features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.missing_values import MISSING_FLOAT, MISSING_INT, MISSING_TEXT

if TYPE_CHECKING:
    from components.saved_model import Signature

_VECTOR = 1
_INTEGERS = frozenset({"int64", "int32"})

Feature = Sequence[Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class RowInput:
    """One input of a signature of raw values.

    Attributes:
        name: The feature.
        dtype: TensorFlow's name of the type: "string", "float", "int64", ...
        shape: Sizes with the batch first, -1 where any size goes.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]


def inputs_of(signatures: Mapping[str, Signature]) -> dict[str, tuple[RowInput, ...]]:
    """Returns the inputs of each signature of a model."""
    return {
        name: tuple(RowInput(key, its.dtype, its.shape or ()) for key, its in each.inputs.items())
        for name, each in signatures.items()
    }


def rows_of(examples: Sequence[Mapping[str, Feature]], inputs: Sequence[RowInput]) -> list[Row]:
    """Returns one row for each example, every input in every row.

    Lists of any length are filled with the missing value up to the longest in the request, because
    a tensor is rectangular.

    Args:
        examples: Values of each feature of each example; a feature may be absent.
        inputs: The signature's inputs.
    """
    rows: list[Row] = [{} for _ in examples]
    for wanted in inputs:
        values = [list(example.get(wanted.name, ())) for example in examples]
        width = _width(wanted, values)
        for row, found in zip(rows, values, strict=True):
            row[wanted.name] = _cell(wanted, found, width)
    return rows


def missing_value(dtype: str) -> Any:
    """Returns what stands for a value that is not there."""
    if dtype == "string":
        return MISSING_TEXT
    return MISSING_INT if dtype in _INTEGERS else MISSING_FLOAT


def _width(wanted: RowInput, values: Sequence[Feature]) -> int:
    size = 1
    for dimension in wanted.shape[1:]:
        size *= dimension if dimension >= 0 else max((len(found) for found in values), default=1)
    return max(size, 1)


def _cell(wanted: RowInput, found: list[Any], width: int) -> Any:
    filled = (found + [missing_value(wanted.dtype)] * width)[:width]
    if len(wanted.shape) == _VECTOR:
        return filled[0]
    return _nested(filled, [size if size >= 0 else width for size in wanted.shape[1:]])


def _nested(flat: list[Any], sizes: list[int]) -> list[Any]:
    if len(sizes) == _VECTOR:
        return flat
    step = len(flat) // sizes[0]
    return [_nested(flat[at : at + step], sizes[1:]) for at in range(0, len(flat), step)]
