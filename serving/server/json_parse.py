"""Parses JSON as TensorFlow Serving does, with its words for what is wrong.

It takes NaN, Infinity and Inf, and bytes after the document. Its parser is RapidJSON; the
fast parser here is orjson, and whatever that refuses is looked at again.
"""

from __future__ import annotations

import json
import math
import re

import orjson

from serving.errors import InvalidArgumentError
from serving.server.json_faults import TOO_BIG, JsonScan, json_fault

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Beyond this, what is wrong is said in Python's words: RapidJSON's take seconds for a megabyte.
_MOST_SCANNED_BYTES = 2**18
# One that does not end goes to the end of the document: it must not be looked at twice.
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"?'
_OWN_WORD = re.compile(rf"{_STRING}|-NaN\b|\bInf\b", re.DOTALL)
_STANDARD_WORDS = {"-NaN": " NaN", "Inf": "Infinity"}
_NUMBER = re.compile(rf"{_STRING}|-?[0-9][0-9.eE+-]*", re.DOTALL)
# No number without either is beyond a double.
_PERHAPS_TOO_BIG = re.compile(r"[eE]\+?0*[1-9][0-9]{2}|[0-9]{200}")


def parse_json(body: bytes) -> object:
    """Parses a document.

    Raises:
        InvalidArgumentError: It is not one; the message says what is wrong, and where.
    """
    if not body:
        raise InvalidArgumentError("JSON Parse error: The document is empty")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _parse_leniently(body.removeprefix(_BYTE_ORDER_MARK))


def text_bytes(text: str) -> bytes:
    """Returns the bytes of a string in a document; bytes that are not UTF-8 pass as they were.

    Raises:
        InvalidArgumentError: It holds half a surrogate pair.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise InvalidArgumentError(
            "JSON Parse error: The surrogate pair in string is invalid."
        ) from error


def _parse_leniently(body: bytes) -> object:
    text = body.decode("utf-8", "surrogateescape").lstrip(" \t\r\n")
    try:
        value, end = _decode(text)
    except (ValueError, RecursionError) as error:
        if len(body) <= _MOST_SCANNED_BYTES:
            JsonScan(body).run()
        # The document may be fine in RapidJSON's eyes, which has words of its own for numbers.
        text = _OWN_WORD.sub(lambda found: _STANDARD_WORDS.get(found[0], found[0]), text)
        try:
            value, end = _decode(text)
        except (ValueError, RecursionError) as again:
            _check_numbers(body, text, len(text))
            raise _fault(body, text, again) from error
    _check_numbers(body, text, end)
    return value


def _decode(text: str) -> tuple[object, int]:
    """Returns a document, and where it ends."""
    return json.JSONDecoder().raw_decode(text)


def _check_numbers(body: bytes, text: str, end: int) -> None:
    """Refuses numbers that a double cannot hold; Python takes them for infinity."""
    if not _PERHAPS_TOO_BIG.search(text, 0, end):
        return
    for found in _NUMBER.finditer(text, 0, end):
        if found[0][0] != '"' and _is_infinite(found[0]):
            raise json_fault(TOO_BIG, _offset(body, text, found.start()))


def _is_infinite(number: str) -> bool:
    try:
        return math.isinf(float(number))
    except ValueError:
        return False


def _fault(body: bytes, text: str, error: Exception) -> InvalidArgumentError:
    if isinstance(error, json.JSONDecodeError):
        return json_fault(f"{error.msg}.", _offset(body, text, error.pos))
    return json_fault(str(error), 0)


def _offset(body: bytes, text: str, at: int) -> int:
    """Returns which byte of a document a character is."""
    return len(body) - len(text[at:].encode("utf-8", "surrogateescape"))
