"""Finds what RapidJSON refuses in a document, and says it in its words."""

from __future__ import annotations

import math
import re
from typing import NoReturn

from serving.errors import InvalidArgumentError

_SPACE = re.compile(rb"[ \t\r\n]*")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]*)?")
_SPECIAL = re.compile(rb"-?(?:Infinity|Inf|NaN)")
_ESCAPES = b'"\\/bfnrt'
_HEX = re.compile(rb"[0-9A-Fa-f]{4}")
_WORDS = {ord("n"): b"null", ord("t"): b"true", ord("f"): b"false"}

_EMPTY = "The document is empty."
_VALUE = "Invalid value."
_NAME = "Missing a name for object member."
_COLON = "Missing a colon after a name of object member."
_CURLY = "Missing a comma or } after an object member."
_SQUARE = "Missing a comma or ] after an array element."
TOO_BIG = "Number too big to be stored in double."


def json_fault(text: str, offset: int) -> InvalidArgumentError:
    """Returns the error for a document that is refused at a byte."""
    return InvalidArgumentError(f"JSON Parse error: {text} at offset: {offset}")


class JsonScan:
    """Walks through a document as RapidJSON does, to find the first thing that it refuses.

    It takes a microsecond or more for each value.

    Args:
        body: The document.
    """

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def run(self) -> None:
        """Raises for the first fault; returns when there is none."""
        self._skip(_SPACE)
        if self._peek() in b"\0,:]}":
            self._fail(_EMPTY)
        open_brackets: list[int] = []
        while True:
            opened = self._peek()
            if opened in b"[{":
                self._at += 1
                self._skip(_SPACE)
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
            self._skip(_SPACE)
            opened = bytes([open_brackets[-1]])
            found = self._peek()
            if found == b",":
                self._at += 1
                self._skip(_SPACE)
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
            self._skip(_SPACE)
            if self._peek() != b":":
                self._fail(_COLON)
            self._at += 1
            self._skip(_SPACE)
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
            start, self._at = self._at, number.end()
            if number[2] is not None and number[2][-1:] in b"eE+-":
                self._fail("Miss exponent in number.")
            if number[1] == b".":
                self._at = number.end(1)
                self._fail("Miss fraction part in number.")
            if math.isinf(float(number[0])):
                self._fail(TOO_BIG, start)

    def _string(self) -> None:
        self._at += 1
        while True:
            self._skip(_PLAIN)
            found = self._peek()
            if found == b'"':
                break
            if found == b"\0":
                self._fail("Missing a closing quotation mark in string.")
            if found != b"\\":
                self._fail("Invalid encoding in string.")
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

    def _skip(self, ignored: re.Pattern[bytes]) -> None:
        match = ignored.match(self._body, self._at)
        assert match is not None
        self._at = match.end()

    def _peek(self) -> bytes:
        return self._body[self._at : self._at + 1] or b"\0"

    def _fail(self, text: str, offset: int | None = None) -> NoReturn:
        at = self._at if offset is None else offset
        raise json_fault(text, at)
