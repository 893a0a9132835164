"""Parses JSON as TensorFlow Serving does, with its words for what is wrong.

It takes NaN, Infinity and Inf, and bytes after the document. Its parser is RapidJSON; the
fast parser here is orjson, and whatever that refuses is looked at again.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

import orjson

from serving.errors import InvalidArgumentError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = re.compile(rb"[ \t\r\n]*")
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]*)?")
_SPECIAL = re.compile(rb"-?(?:Infinity|Inf)|NaN")
_INF = re.compile(r"\bInf\b")
_ESCAPES = b'"\\/bfnrt'
_HEX = re.compile(rb"[0-9A-Fa-f]{4}")
_WORDS = {ord("n"): b"null", ord("t"): b"true", ord("f"): b"false"}

_EMPTY = "The document is empty."
_VALUE = "Invalid value."
_NAME = "Missing a name for object member."
_COLON = "Missing a colon after a name of object member."
_CURLY = "Missing a comma or } after an object member."
_SQUARE = "Missing a comma or ] after an array element."


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
        return _decode(text)
    except (ValueError, RecursionError) as error:
        _Scan(body).run()
        # The document is fine in RapidJSON's eyes: it writes infinity in a way of its own.
        try:
            return _decode(_INF.sub("Infinity", text))
        except (ValueError, RecursionError):
            raise InvalidArgumentError(f"JSON Parse error: {error} at offset: 0") from error


def _decode(text: str) -> object:
    value: object = json.JSONDecoder().raw_decode(text)[0]
    return value


class _Scan:
    """Walks through a document as RapidJSON does, to find the first thing that it refuses."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def run(self) -> None:
        """Raises for the first fault; returns when there is none."""
        self._skip_space()
        if self._peek() in b"\0,:]}":
            self._fail(_EMPTY)
        open_brackets: list[int] = []
        while True:
            opened = self._peek()
            if opened in b"[{":
                self._at += 1
                self._skip_space()
                closing = b"]" if opened == b"[" else b"}"
                if self._peek() != closing:
                    open_brackets.append(opened[0])
                    self._start_item(opened, first=True)
                    continue
                self._at += 1
            else:
                self._scalar()
            if not self._close(open_brackets):
                return

    def _close(self, open_brackets: list[int]) -> bool:
        """Goes on after a value to the next one; returns False when the document is over."""
        while open_brackets:
            self._skip_space()
            opened = bytes([open_brackets[-1]])
            found = self._peek()
            if found == b",":
                self._at += 1
                self._skip_space()
                self._start_item(opened, first=False)
                return True
            if found != (b"]" if opened == b"[" else b"}"):
                self._fail(_SQUARE if opened == b"[" else _CURLY)
            self._at += 1
            open_brackets.pop()
        return False

    def _start_item(self, opened: bytes, *, first: bool) -> None:
        """Goes to the next value inside a bracket, past its name and colon in an object."""
        if opened == b"{":
            if self._peek() != b'"':
                self._fail(_NAME)
            self._string()
            self._skip_space()
            if self._peek() != b":":
                self._fail(_COLON)
            self._at += 1
            self._skip_space()
        if self._peek() in b"\0,:}" or (self._peek() == b"]" and not (first and opened == b"[")):
            self._fail(_VALUE)

    def _scalar(self) -> None:
        found = self._peek()
        if found == b'"':
            self._string()
        elif found[0] in _WORDS:
            for letter in _WORDS[found[0]]:
                if self._peek()[0] != letter:
                    self._fail(_VALUE)
                self._at += 1
        else:
            self._number()

    def _number(self) -> None:
        special = _SPECIAL.match(self._body, self._at)
        number = _NUMBER.match(self._body, self._at)
        if special:
            self._at = special.end()
        elif number is None:
            self._at += self._peek() == b"-"
            self._fail(_VALUE)
        else:
            self._at = number.end()
            if number[2] is not None and number[2][-1:] in b"eE+-":
                self._fail("Miss exponent in number.")
            if number[1] == b".":
                self._at = number.end(1)
                self._fail("Miss fraction part in number.")

    def _string(self) -> None:
        self._at += 1
        while (found := self._peek()) != b'"':
            if found == b"\0":
                self._fail("Missing a closing quotation mark in string.")
            if found < b" ":
                self._fail("Invalid encoding in string.")
            if found != b"\\":
                self._at += 1
                continue
            self._at += 1
            escaped = self._peek()
            if escaped == b"u":
                if not _HEX.match(self._body, self._at + 1):
                    self._fail("Incorrect hex digit after \\u escape in string.", self._at - 1)
                self._at += 5
            elif escaped in _ESCAPES and escaped != b"\0":
                self._at += 1
            else:
                self._fail("Invalid escape character in string.", self._at - 1)
        self._at += 1

    def _skip_space(self) -> None:
        match = _SPACE.match(self._body, self._at)
        assert match is not None
        self._at = match.end()

    def _peek(self) -> bytes:
        return self._body[self._at : self._at + 1] or b"\0"

    def _fail(self, text: str, offset: int | None = None) -> NoReturn:
        at = self._at if offset is None else offset
        raise InvalidArgumentError(f"JSON Parse error: {text} at offset: {at}")
