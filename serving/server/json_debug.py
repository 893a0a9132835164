"""Writes JSON values into error messages as TensorFlow Serving does: pretty, and cut off."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_CHARACTERS = 256
_INDENT = "    "
_EXPONENT = re.compile(r"e\+?(-?)0*(\d)")
_TYPES = {str: "String", dict: "Object", list: "Array", type(None): "Null"}


def json_type(value: object) -> str:
    """Returns the name of a JSON value's type."""
    if isinstance(value, bool):
        return "True" if value else "False"
    return _TYPES.get(type(value), "Number")


def debug_text(value: object) -> str:
    """Returns a JSON value as text: objects on several lines, lists on one.

    Nothing is written any more once the text has 256 characters, so it may lack its end.
    """
    text = ""
    for token in _tokens(value, ""):
        if len(text) >= _MOST_CHARACTERS:
            break
        text += token
    return text


def _tokens(value: object, indent: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        inner = indent + _INDENT
        for number, (key, item) in enumerate(value.items()):
            yield ("," if number else "") + f"\n{inner}{_string(str(key))}"
            tokens = _tokens(item, inner)
            yield ": " + next(tokens)
            yield from tokens
        yield f"\n{indent}}}" if value else "}"
    elif isinstance(value, list):
        yield "["
        for number, item in enumerate(value):
            tokens = _tokens(item, indent + _INDENT)
            yield (", " if number else "") + next(tokens)
            yield from tokens
        yield "]"
    else:
        yield _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return _string(value)
    text = json.dumps(value)
    return _EXPONENT.sub(r"e\1\2", text) if isinstance(value, float) else text


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
