"""Reads rows for `Client.predict` from text: JSON, JSON lines or CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from serving.client.cells import is_missing, missing_value, nested
from serving.client.json_bytes import decode_bytes
from serving.dtypes import FLOATS, INTEGERS, STRING
from serving.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from serving.signature import Signature, TensorSpec

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
    for number, row in enumerate(document, 1):
        if not isinstance(row, dict):
            raise RowFormatError(
                f"row {number} is not an object with the names and values of the model's inputs"
            )
    try:
        return [{name: decode_bytes(value) for name, value in row.items()} for row in document]
    except ValueError as error:
        raise RowFormatError(str(error)) from error


def fill_missing(rows: Iterable[Row], signature: Signature) -> list[Row]:
    """Returns rows with what stands for a missing value where they have null or NaN.

    Args:
        rows: From `parse_json_rows`.
        signature: The signature that they are for; what it does not take stays as it is.
    """
    return [
        {alias: _filled(value, signature, alias) for alias, value in row.items()} for row in rows
    ]


def parse_csv_rows(text: str, signature: Signature) -> list[Row]:
    """Reads rows from CSV with a header, as the types that a signature takes.

    Columns that the signature does not take, such as the label, are left out. An empty cell is
    NaN in a float column, the empty text in a text column and the smallest int64 where
    `serving_rows` takes one int64.

    Args:
        text: The CSV.
        signature: The signature.

    Raises:
        RowFormatError: A column is missing or a cell does not fit; the message names it.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [alias for alias in signature.inputs if alias not in (reader.fieldnames or ())]
    if missing:
        raise RowFormatError(f"the CSV lacks these columns of the model: {', '.join(missing)}")
    return [_parse_row(row, signature, reader.line_num) for row in reader]


def _parse_document(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as whole:
        lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
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


def _filled(value: Any, signature: Signature, alias: str) -> Any:
    spec = signature.inputs.get(alias)
    if spec is None or not is_missing(value):
        return value
    stand_in = missing_value(spec, signature.name)
    return value if stand_in is None else nested(stand_in, spec)


def _parse_row(row: Mapping[str, str | None], signature: Signature, line: int) -> Row:
    parsed = {}
    for alias, spec in signature.inputs.items():
        cell = row[alias]
        if cell is None:
            raise RowFormatError(f"line {line} ends before column {alias}")
        parsed[alias] = nested(_parse_cell(cell, spec, signature.name, line), spec)
    return parsed


def _parse_cell(cell: str, spec: TensorSpec, signature: str, line: int) -> object:
    if spec.dtype != STRING and not cell.strip():
        stand_in = missing_value(spec, signature)
        if stand_in is not None:
            return stand_in
    try:
        return _parse_value(cell, spec.dtype)
    except (KeyError, ValueError) as error:
        raise RowFormatError(
            f"line {line}: {cell!r} in column {spec.alias} is not of the type {spec.dtype}"
        ) from error


def _parse_value(cell: str, dtype: str) -> object:
    if dtype == STRING:
        return cell
    if dtype in FLOATS:
        return float(cell)
    if dtype in INTEGERS:
        return int(cell)
    return _BOOLEANS[cell.strip().lower()]
