"""Values as texts: read from the command line or the environment, and shown to a person."""

from __future__ import annotations

import json
import re
from typing import Any

from pipeline.config.core_schema import plain_scalar
from pipeline.config.yaml_document import parse_document

_LONGEST_VALUE = 60
_FLOW_START = ("[", "{", '"', "'")
_PLAIN_TEXT = re.compile(r"[A-Za-z_./~][\w./~+@*-]*(:[\w./~+@*-]+)*")


def parse_value(text: str) -> Any:
    """Parses a value from a command line or the environment.

    Text in brackets, braces or quotes is YAML; anything else is one plain scalar, whatever
    signs it holds: `*.csv` and `a: b` are texts.

    Raises:
        ValueError: The brackets, braces or quotes are not valid YAML.
    """
    text = text.strip()
    if not text.startswith(_FLOW_START):
        return plain_scalar(text)
    document = parse_document(text)
    if document.problems:
        raise ValueError("; ".join(problem.message for problem in document.problems))
    return document.value


def show_value(value: Any) -> str:
    """Writes a value on one line, as it would stand in the file."""
    if isinstance(value, str):
        return _show_text(value)
    if isinstance(value, dict):
        items = (f"{_show_text(str(key))}: {show_value(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(show_value, value))}]"
    if isinstance(value, float):
        return _show_float(value)
    return json.dumps(value)


def fits(value: Any) -> bool:
    """Says whether a value is short enough to be shown whole in a message."""
    return len(show_value(value)) <= _LONGEST_VALUE


def abbreviate(value: Any) -> str:
    """Writes a value as `show_value` does, cut to fit a message."""
    text = show_value(value)
    return text if fits(value) else f"{text[: _LONGEST_VALUE - 3]}..."


def _show_text(text: str) -> str:
    is_plain = _PLAIN_TEXT.fullmatch(text) and plain_scalar(text) == text
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _show_float(value: float) -> str:
    special = {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}
    return special.get(repr(value), repr(value))
