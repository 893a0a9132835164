"""Writes the answers of REST. Free of TensorFlow and of HTTP.

Numbers are written as TensorFlow Serving writes them: six significant digits where these give the
same number back, else nine (float) or seventeen (double); always with a point or an exponent;
NaN and Infinity as bare words.
"""

from __future__ import annotations

import base64
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.dtypes import INTEGERS, STRING, dtype_of
from serving.errors import InvalidArgumentError, ServingError
from serving.server.json_request import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from serving.server.example_calls import Classes

Array = np.ndarray[Any, Any]
_INDENT = "    "


def encode_outputs(outputs: Mapping[str, Array], layout: Layout) -> bytes:
    """Returns the body of a predict answer.

    Args:
        outputs: One array for each output alias.
        layout: How the request was laid out; rows get `predictions`, columns get `outputs`.

    Raises:
        InvalidArgumentError: JSON cannot carry an output, or the outputs are not rows.
    """
    if not outputs:
        raise InvalidArgumentError("Cannot convert empty tensor map to JSON")
    if layout is Layout.ROWS:
        return _document("predictions", _list(_rows(outputs), apart=len(outputs) > 1))
    columns = {alias: _column(alias, array, len(outputs)) for alias, array in outputs.items()}
    value = next(iter(columns.values())) if len(columns) == 1 else _object(columns.items(), depth=1)
    return _document("outputs", value)


def encode_classes(classes: Classes) -> bytes:
    """Returns the body of a classify answer: for each example a list of label and score."""
    rows = []
    for labels, scores in zip(classes.labels, classes.scores, strict=True):
        pairs = zip(map(_raw_text, labels), format_floats(scores), strict=True)
        rows.append("[" + ", ".join(f"[{label}, {score}]" for label, score in pairs) + "]")
    return _document("results", _list(rows))


def encode_regressions(values: Array) -> bytes:
    """Returns the body of a regress answer: one number for each example."""
    return _document("results", "[" + ", ".join(format_floats(values)) + "]")


def encode_error(error: ServingError) -> bytes:
    """Returns the body of an error."""
    text = json.dumps(error.message, ensure_ascii=False)
    return f'{{\n    "error": {text}\n}}'.encode("utf-8", "replace")


def format_floats(values: Array) -> list[str]:
    """Returns the texts of a flat array of float32 or float64."""
    short = [f"{value:.6g}" for value in values.tolist()]
    exact = np.array(list(map(float, short)), dtype=values.dtype) == values
    digits = 9 if values.dtype == np.float32 else 17
    pairs = zip(values.tolist(), short, exact.tolist(), strict=True)
    return [_finish(value, text if same else f"{value:.{digits}g}") for value, text, same in pairs]


def _finish(value: float, text: str) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return text if "." in text or "e" in text else f"{text}.0"


def _document(key: str, value: str) -> bytes:
    # Strings that are not UTF-8 leave as the bytes that the model made.
    return f'{{\n    "{key}": {value}\n}}'.encode("utf-8", "surrogateescape")


def _list(rows: list[str], *, apart: bool = False) -> str:
    """Joins rows, each on a line of its own where they stand apart."""
    if not rows:
        return "[]"
    indent = "\n" + _INDENT * 2
    text = indent + f",{indent}".join(rows) if apart else ", ".join(rows)
    return f"[{text}\n{_INDENT}]"


def _rows(outputs: Mapping[str, Array]) -> list[str]:
    expected: int | None = None
    for alias, array in outputs.items():
        if array.ndim == 0:
            raise InvalidArgumentError(f"Tensor name: {alias} has no shape information")
        expected = array.shape[0] if expected is None else expected
        if array.shape[0] != expected:
            raise InvalidArgumentError(
                f"Tensor name: {alias} has inconsistent batch size: {array.shape[0]} "
                f"expecting: {expected}"
            )
    # Inside of the document, the list, and the row's own object where there is one.
    depth = 2 if len(outputs) == 1 else 3
    columns = {alias: _row_texts(alias, array, depth) for alias, array in outputs.items()}
    if len(columns) == 1:
        return next(iter(columns.values()))
    return [
        _object(zip(columns, row, strict=True), depth=2)
        for row in zip(*columns.values(), strict=True)
    ]


def _row_texts(alias: str, array: Array, depth: int) -> list[str]:
    texts = _texts(alias, array, depth + array.ndim - 1)
    return _group(texts, array.shape, outermost=1)


def _column(alias: str, array: Array, outputs: int) -> str:
    depth = 1 if outputs == 1 else 2
    texts = _texts(alias, array, depth + array.ndim)
    return _group(texts, array.shape, outermost=0, depth=depth)[0]


def _object(items: Iterable[tuple[str, str]], depth: int) -> str:
    indent = "\n" + _INDENT * depth
    inner = indent + _INDENT
    members = f",{inner}".join(f"{json.dumps(alias)}: {text}" for alias, text in items)
    return "{" + inner + members + indent + "}"


def _group(
    texts: list[str], shape: tuple[int, ...], outermost: int, depth: int | None = None
) -> list[str]:
    """Joins flat texts into JSON lists, from the innermost dimension out to `outermost`.

    Args:
        texts: The elements.
        shape: The shape of the array that they come from.
        outermost: The dimension at which to stop.
        depth: How deep the outermost list stands, to write one element a line; None writes lists
            on one line.
    """
    for axis in reversed(range(outermost, len(shape))):
        size, count = shape[axis], math.prod(shape[:axis])
        outer = "" if depth is None else "\n" + _INDENT * (depth + axis)
        opening, joint = (
            ("[", ", ") if depth is None else (f"[{outer}{_INDENT}", f",{outer}{_INDENT}")
        )
        texts = [
            opening + joint.join(texts[index * size : (index + 1) * size]) + f"{outer}]"
            if size
            else "[]"
            for index in range(count)
        ]
    return texts


def _texts(alias: str, array: Array, depth: int) -> list[str]:
    """Returns the texts of the elements, which stand inside of `depth` lists and objects."""
    dtype, flat = dtype_of(array), array.reshape(-1)
    if dtype in ("float", "double"):
        return format_floats(flat)
    if dtype in INTEGERS:
        return list(map(str, flat.tolist()))
    if dtype == "bool":
        return ["true" if value else "false" for value in flat.tolist()]
    if dtype == STRING:
        if alias.endswith("_bytes"):
            return [_base64_text(value, depth) for value in flat.tolist()]
        return list(map(_raw_text, flat.tolist()))
    raise InvalidArgumentError(f"Failed to write JSON value for tensor type: {dtype}")


def _base64_text(value: bytes, depth: int) -> str:
    return _object([("b64", f'"{base64.b64encode(value).decode("ascii")}"')], depth)


def _raw_text(value: bytes) -> str:
    return json.dumps(value.decode("utf-8", "surrogateescape"), ensure_ascii=False)
