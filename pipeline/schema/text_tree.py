"""Protocol buffers' text format as a tree of fields, each with its place in the text.

`google.protobuf.text_format` reads values and forgets where they stood, and comments with them.
Source: the text format's specification, https://protobuf.dev/reference/protobuf/textformat-spec/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<comment>\#[^\n]*)
    | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    | (?P<sign>[{}<>\[\]:,;])
    | (?P<word>[^\s{}<>\[\]:,;"'\#]+)
    """,
    re.VERBOSE,
)
_OPENING = {"{": "}", "<": ">"}
_SEPARATORS = (",", ";")


class UnreadableTextError(ValueError):
    """The text is not what this reader knows of the text format."""


class Token(NamedTuple):
    """A word, string or sign, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class FieldText:
    """One field of a message as it stands in the text.

    Attributes:
        name: Name of the field.
        start: Where its name begins.
        end: Where its value ends.
        body: The fields of a message; None for other values, and for lists in brackets.
        inside: Where a message's content begins, after its opening brace; else `end`.
    """

    name: str
    start: int
    end: int
    body: tuple[FieldText, ...] | None
    inside: int


def read_fields(text: str) -> tuple[FieldText, ...]:
    """Returns the fields of the outermost message.

    Raises:
        UnreadableTextError: The text is no text format, or a part of it that is not known here.
    """
    reader = _Reader([token for token in _tokens(text) if token.kind not in ("space", "comment")])
    fields = reader.fields(None)
    if reader.rest:
        raise UnreadableTextError(f"unexpected {reader.rest[0].text!r}")
    return fields


def comments(text: str) -> list[str]:
    """Returns the comments of a text, in order, without what stands around them."""
    try:
        return [token.text.strip() for token in _tokens(text) if token.kind == "comment"]
    except UnreadableTextError:  # rather one too many than one that is lost unseen
        return re.findall(r"#.*\S", text)


def _tokens(text: str) -> list[Token]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadableTextError(f"unexpected {text[position]!r}")
        tokens.append(Token(str(match.lastgroup), match.group(), match.start(), match.end()))
        position = match.end()
    return tokens


class _Reader:
    """Reads fields from tokens, by recursive descent."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    @property
    def rest(self) -> list[Token]:
        return self._tokens[self._next :]

    def fields(self, closing: str | None) -> tuple[FieldText, ...]:
        found = []
        while self._peek() not in (None, closing):
            found.append(self._field())
            if self._peek() in _SEPARATORS:
                self._take()
        return tuple(found)

    def _field(self) -> FieldText:
        name = self._take()
        if name.kind != "word":
            raise UnreadableTextError(f"{name.text!r} is no name of a field")
        if self._peek() == ":":
            self._take()
        first = self._take()
        if first.text in _OPENING:
            body = self.fields(_OPENING[first.text])
            return FieldText(name.text, name.start, self._take().end, body, first.end)
        if first.text == "[":
            last = first
            while last.text != "]":
                last = self._take()
            return FieldText(name.text, name.start, last.end, None, last.end)
        last = first
        while last.kind == "string" and self.rest and self.rest[0].kind == "string":
            last = self._take()
        return FieldText(name.text, name.start, last.end, None, last.end)

    def _peek(self) -> str | None:
        return self._tokens[self._next].text if self._next < len(self._tokens) else None

    def _take(self) -> Token:
        if self._next == len(self._tokens):
            raise UnreadableTextError("it ends in the middle of a field")
        self._next += 1
        return self._tokens[self._next - 1]
