"""Input patterns: `{SPAN}`, `{VERSION}` and `{YYYY}-{MM}-{DD}` in the path of the data.

They mean what they mean to TFX: a span is a portion of the data by number, a date stands for the
days since 1970-01-01, a version replaces the lower ones of its span, and `{SPAN:3}` is a number of
three digits. `*`, `?` and `[...]` match within one folder or file name, as elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

_PLACEHOLDER = re.compile(r"\{(?P<name>[A-Za-z]+)(?::(?P<width>[^}]*))?\}")
_WILDCARD = re.compile(r"(?P<any>\*+)|(?P<one>\?)|\[(?P<not>!?)(?P<chars>[^]/]+)\]")
_DATE_WIDTHS = {"YYYY": 4, "MM": 2, "DD": 2}
_NUMBERS = ("SPAN", "VERSION")
_KNOWN = (*_NUMBERS, *_DATE_WIDTHS)
_EPOCH = date(1970, 1, 1)


class PatternError(ValueError):
    """A path holds placeholders that cannot work."""


class WrongDateError(ValueError):
    """What stands in the place of a date is none.

    Attributes:
        path: The file.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        super().__init__(f"{path}: {text} is no date; rename or remove it")


class Match(NamedTuple):
    """A path that fits a pattern.

    Attributes:
        path: The path.
        span: Number of its span.
        version: Its version, or None where the pattern has none.
        tokens: What stands in place of each placeholder, zeros in front included.
    """

    path: str
    span: int
    version: int | None
    tokens: tuple[tuple[str, str], ...]


def has_placeholders(path: str) -> bool:
    """Whether a path is a pattern of spans, a right or a wrong one."""
    return any(found["name"].upper() in _KNOWN for found in _PLACEHOLDER.finditer(path))


def date_of(span: int) -> date:
    """Returns the date that a span of a date pattern stands for."""
    return _EPOCH + timedelta(days=span)


def span_of(day: date) -> int:
    """Returns the number of a date's span: days since 1970-01-01."""
    return (day - _EPOCH).days


@dataclass(frozen=True)
class SpanPattern:
    """A path with placeholders; made by `parse`.

    Attributes:
        text: The path, folders separated by `/`.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> SpanPattern:
        """Checks a pattern.

        Raises:
            PatternError: A placeholder is unknown, twice, ambiguous or lacks another one.
        """
        found = list(_PLACEHOLDER.finditer(text))
        for placeholder in found:
            _check_placeholder(placeholder)
        _check_together([placeholder["name"] for placeholder in found])
        for placeholder in found:
            _check_neighbours(text, placeholder)
        return cls(text)

    @property
    def has_dates(self) -> bool:
        """Whether spans are dates."""
        return "{YYYY}" in self.text

    @property
    def glob(self) -> str:
        """What finds the files of every span and version."""
        return _PLACEHOLDER.sub(_digits_glob, self.text)

    def below(self, name: str) -> SpanPattern:
        """Returns the pattern of something inside the folders that this one matches."""
        return SpanPattern(f"{self.text}/{name}")

    @property
    def folder(self) -> SpanPattern | None:
        """The pattern of the folder that holds one version of one span and nothing else.

        None where the placeholders are in the files' own names, so that spans share a folder.
        """
        parts = self.text.split("/")
        last = max(i for i, part in enumerate(parts) if _PLACEHOLDER.search(part))
        return SpanPattern("/".join(parts[: last + 1])) if last + 1 < len(parts) else None

    def match(self, path: str) -> Match | None:
        """Reads the span and the version off a path; None if it does not fit.

        Raises:
            WrongDateError: The path fits but for its date.
        """
        found = self._regex.fullmatch(path)
        if found is None:
            return None
        tokens = found.groupdict()
        version = tokens.get("VERSION")
        return Match(
            path,
            self._span(path, tokens),
            None if version is None else int(version),
            tuple(tokens.items()),
        )

    def fill(self, match: Match) -> str:
        """Returns the glob of the files of a match's span and version alone."""
        tokens = dict(match.tokens)
        return _PLACEHOLDER.sub(lambda found: tokens[found["name"]], self.text)

    def _span(self, path: str, tokens: dict[str, str]) -> int:
        if not self.has_dates:
            return int(tokens["SPAN"])
        year, month, day = (tokens[name] for name in _DATE_WIDTHS)
        try:
            return span_of(date(int(year), int(month), int(day)))
        except ValueError:
            raise WrongDateError(path, f"{year}-{month}-{day}") from None

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return path_regex(self.text)


def path_regex(pattern: str) -> re.Pattern[str]:
    """Returns the expression of a glob, in which each placeholder is a group of digits.

    Args:
        pattern: A glob; `*` does not match `/`, and no wildcard a leading full stop.
    """
    parts = []
    position = 0
    special = re.compile(f"{_PLACEHOLDER.pattern}|{_WILDCARD.pattern}")
    for found in special.finditer(pattern):
        parts.append(re.escape(pattern[position : found.start()]))
        is_first = found.start() == 0 or pattern[found.start() - 1] == "/"
        parts.append(_group(found) if found["name"] else _wildcard(found, is_first=is_first))
        position = found.end()
    return re.compile("".join([*parts, re.escape(pattern[position:])]))


def _wildcard(found: re.Match[str], *, is_first: bool) -> str:
    not_hidden = r"(?!\.)" if is_first else ""
    if found["any"]:
        return f"{not_hidden}[^/]*"
    if found["one"]:
        return f"{not_hidden}[^/]"
    chars = found["chars"].replace("\\", "\\\\")
    return f"{not_hidden}[{'^/' if found['not'] else ''}{chars}]"


def _group(found: re.Match[str]) -> str:
    width = _width(found)
    # `[0-9]`, because `\d` takes the digits of every script.
    return f"(?P<{found['name']}>[0-9]{f'{{{width}}}' if width else '+'})"


def _digits_glob(found: re.Match[str]) -> str:
    return "[0-9]" * (_width(found) or 1) + ("" if _width(found) else "*")


def _width(found: re.Match[str]) -> int | None:
    """Returns how many digits a placeholder has, or None for any number of them."""
    if found["name"] in _DATE_WIDTHS:
        return _DATE_WIDTHS[found["name"]]
    return int(found["width"]) if found["width"] else None


def _check_placeholder(found: re.Match[str]) -> None:
    name, width = found["name"], found["width"]
    if name not in _KNOWN:
        known = ", ".join(f"{{{each}}}" for each in _KNOWN)
        raise PatternError(f"there is no placeholder {found[0]}; those that are: {known}")
    if width is None:
        return
    if name in _DATE_WIDTHS:
        raise PatternError(f"{found[0]}: a date has fixed widths; write {{{name}}}")
    if not width.isdecimal() or int(width) == 0:
        raise PatternError(f"{found[0]}: the width must be a number of digits, as in {{{name}:3}}")


def _check_together(names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise PatternError(f"{{{twice}}} is there more than once; a path names it once")
    dates = [name for name in _DATE_WIDTHS if name in names]
    if dates and "SPAN" in names:
        raise PatternError(
            f"both {{SPAN}} and {{{dates[0]}}} are there; a span is a number or a date, not both"
        )
    if dates and len(dates) < len(_DATE_WIDTHS):
        missing = ", ".join(f"{{{name}}}" for name in _DATE_WIDTHS if name not in dates)
        raise PatternError(f"{missing} is missing; a date is {{YYYY}}, {{MM}} and {{DD}}")
    if "VERSION" in names and not dates and "SPAN" not in names:
        raise PatternError("{VERSION} needs a span: add {SPAN}, or {YYYY}, {MM} and {DD}")


def _check_neighbours(text: str, found: re.Match[str]) -> None:
    """Refuses a number of any length where its end could not be told."""
    if _width(found) is not None:
        return
    before, after = text[: found.start()], text[found.end() :]
    if before[-1:] in ("*", "?", "]", "}") or after[:1] in ("*", "?", "[", "{"):
        raise PatternError(
            f"where {found[0]} ends cannot be told beside a wildcard or another placeholder; put a "
            f"separator between them, or give it a width, as in {{{found['name']}:3}}"
        )
    if before[-1:].isdecimal() or after[:1].isdecimal():
        raise PatternError(
            f"where {found[0]} ends cannot be told beside a digit; "
            f"give it a width, as in {{{found['name']}:3}}"
        )
