"""What is wrong with a configuration, in words: the place, the key, the value and the fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.config.known_keys import describe_key, suggest
from pipeline.config.origins import KeyPath, LayeredValues, Origin, dotted
from pipeline.config.value_text import abbreviate, fits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

_NO_VALUE = object()
_RULES = {
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping of keys to values",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_type": "must be an integer",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "model_type": "must be a mapping of keys to values",
    "string_type": "must be a text",
    "tuple_type": "must be a list",
    "value_error": "{error}",
}


@dataclass(frozen=True)
class Problem:
    """One thing to fix: who gave it, the key's path, what is wrong, and the value if it helps."""

    origin: Origin
    path: KeyPath
    message: str
    value: Any = _NO_VALUE

    def __str__(self) -> str:
        key = dotted(self.path)
        # A section that must be cut says nothing that the message does not say.
        is_shown = not isinstance(self.value, dict) or fits(self.value)
        if key and is_shown and self.value is not _NO_VALUE:
            key = f"{key} = {abbreviate(self.value)}"
        return ": ".join(part for part in (self.origin.prefix, key, self.message) if part)


def in_order(problems: Iterable[Problem]) -> list[str]:
    """Writes problems in the order in which a person meets them: by source, then by line."""
    ranked = sorted(problems, key=lambda item: (item.origin.source, item.origin.line or 0))
    return [str(problem) for problem in ranked]


def describe(error: ErrorDetails, layers: LayeredValues, file: Origin) -> Problem:
    """Puts one of pydantic's errors into words.

    Args:
        error: The error.
        layers: The values that were validated, with their origins.
        file: The file, for what nobody gave.
    """
    path = tuple(part for part in error["loc"] if part != "[key]")
    given = layers.origin(path)
    origin = given[1] if given else file
    if error["type"] == "missing":
        return Problem(origin, path, _missing(path))
    if error["type"] == "extra_forbidden":
        return _unknown_key(path, given or (path, file), layers.values)
    if error["loc"][-1] == "[key]":
        return Problem(origin, path, _rule(error))
    return Problem(origin, path, _rule(error), error["input"])


def _rule(error: ErrorDetails) -> str:
    template = _RULES.get(error["type"])
    rule = template.format(**error.get("ctx", {})) if template else error["msg"]
    if error["type"] == "string_type" and isinstance(error["input"], (bool, int, float)):
        return f'{rule}; quote it: "{error["input"]}"'
    return rule


def _missing(path: KeyPath) -> str:
    section, key = dotted(path[:-1]), str(path[-1])
    meaning = describe_key(tuple(map(str, path))).partition(";")[0].rstrip(".")
    return f"missing; add `{key}: ...` below {section} ({meaning[:1].lower()}{meaning[1:]})"


def _unknown_key(path: KeyPath, given: tuple[KeyPath, Origin], values: Any) -> Problem:
    given_path, origin = given
    for part in given_path:
        values = values[part]
    advice = suggest(tuple(map(str, path)), tuple(map(str, given_path[len(path) :])))
    return Problem(origin, given_path, f"unknown key; {advice}", values)
