"""Writes predictions as JSON lines or CSV, a line for each row, refused rows included."""

from __future__ import annotations

import base64
import csv
import io
import json
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from serving.client.batches import RowAnswer

_MOST_NAMED = 3


class Format(Protocol):
    """How predictions are written."""

    def head(self) -> str:
        """Returns what comes before the first prediction."""

    def line(self, answer: RowAnswer) -> str:
        """Returns the line of a row."""


class JsonLines:
    """An object a line; that of a refused row says why."""

    def head(self) -> str:
        """Returns nothing."""
        return ""

    def line(self, answer: RowAnswer) -> str:
        """Returns the outputs as an object; bytes are base64."""
        document: dict[str, Any] = dict(answer.outputs)
        if answer.error is not None:
            document = {"row": answer.index + 1, "error": one_line(str(answer.error))}
        return json.dumps(document, default=_bytes_to_json, ensure_ascii=False) + "\n"


class Csv:
    """A header and a column for each output; the cells of a refused row are empty.

    Args:
        outputs: The outputs' names.
    """

    def __init__(self, outputs: Iterable[str]) -> None:
        self._outputs = sorted(outputs)

    def head(self) -> str:
        """Returns the header."""
        return _csv_line(self._outputs)

    def line(self, answer: RowAnswer) -> str:
        """Returns the outputs as cells: lists as JSON, those of one element as the element."""
        return _csv_line([_to_cell(answer.outputs.get(name, "")) for name in self._outputs])


def refusal(refused: Sequence[RowAnswer], rows: int) -> str:
    """Says in one line which rows were refused, and why.

    Args:
        refused: Their answers.
        rows: How many rows were sent.
    """
    named = [f"row {its.index + 1}: {one_line(str(its.error))}" for its in refused[:_MOST_NAMED]]
    more = len(refused) - len(named)
    if more:
        named.append(f"and {more} more")
    return f"{len(refused)} of {rows} rows refused: {'; '.join(named)}"


def one_line(text: str) -> str:
    """Returns a text without its line ends."""
    return " ".join(text.split())


def _csv_line(cells: Sequence[str]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerow(cells)
    return file.getvalue()


def _to_cell(value: Any) -> str:
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return _to_base64(value)
    return json.dumps(value, default=_bytes_to_json, ensure_ascii=False)


def _bytes_to_json(value: bytes) -> dict[str, str]:
    return {"b64": _to_base64(value)}


def _to_base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
