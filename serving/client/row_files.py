"""Reads rows for `Client.predict` from text: JSON, JSON lines or CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any

from serving.client.json_bytes import decode_bytes
from serving.dtypes import FLOATS, INTEGERS, STRING
from serving.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from serving.signature import TensorSpec

Row = dict[str, Any]

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class RowFormatError(InvalidArgumentError):
    """The text holds no rows that can be sent."""


def parse_json_rows(text: str) -> list[Row]:
    """Reads rows from JSON or JSON lines.

    Args:
        text: A list of objects, `{"instances": [...]}`, one object, or one object on each line.
            `{"b64": "..."}` as a value stands for bytes.

    Raises:
        RowFormatError: The text is none of these; the message names the line or the row.
    """
    document = _parse_document(text)
    if isinstance(document, dict):
        document = document.get("instances", [document])
    if not isinstance(document, list):
        raise RowFormatError("the input is neither a list of rows nor an object")
    for index, row in enumerate(document):
        if not isinstance(row, dict):
            raise RowFormatError(
                f"row {index} is not an object with the names and values of the model's inputs"
            )
    try:
        return [{name: decode_bytes(value) for name, value in row.items()} for row in document]
    except ValueError as error:
        raise RowFormatError(str(error)) from error


def parse_csv_rows(text: str, inputs: Mapping[str, TensorSpec]) -> list[Row]:
    """Reads rows from CSV with a header, as the types that a signature takes.

    Columns that the signature does not take, such as the label, are left out. An empty cell is
    NaN in a float column and the empty text in a text column.

    Args:
        text: The CSV.
        inputs: The signature's inputs.

    Raises:
        RowFormatError: A column is missing or a cell does not fit; the message names it.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [alias for alias in inputs if alias not in (reader.fieldnames or ())]
    if missing:
        raise RowFormatError(f"the CSV lacks these columns of the model: {', '.join(missing)}")
    return [
        {
            alias: _parse_cell(row[alias] or "", spec, reader.line_num)
            for alias, spec in inputs.items()
        }
        for row in reader
    ]


def _parse_document(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as whole:
        lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
        if not lines:
            raise RowFormatError("the input is empty") from whole
        if not _is_json(lines[0][1]):
            # Not JSON lines either: the first error is the telling one.
            raise RowFormatError(f"the input is not JSON: {whole}") from whole
        return [_parse_line(number, line) for number, line in lines]


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except json.JSONDecodeError:
        return False
    return True


def _parse_line(number: int, line: str) -> object:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise RowFormatError(f"line {number} is not JSON: {error}") from error


def _parse_cell(cell: str, spec: TensorSpec, line: int) -> Any:
    try:
        value = _parse_value(cell, spec.dtype)
    except (KeyError, ValueError) as error:
        raise RowFormatError(
            f"line {line}: {cell!r} in column {spec.alias} is not of the type {spec.dtype}"
        ) from error
    # The first dimension is the row's; each further one is a list around the cell.
    for _ in (spec.shape or ())[1:]:
        value = [value]
    return value


def _parse_value(cell: str, dtype: str) -> object:
    if dtype == STRING:
        return cell
    if dtype in FLOATS:
        return float(cell) if cell.strip() else math.nan
    if dtype in INTEGERS:
        return int(cell)
    return _BOOLEANS[cell.strip().lower()]
