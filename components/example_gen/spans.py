"""The spans of the data, from a list of files: which there are, and which are complete."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from components.example_gen.patterns import Match, SpanPattern, date_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


class Span(NamedTuple):
    """One span that a run uses.

    Attributes:
        number: Its number; of a date, the days since 1970-01-01.
        version: Its version, or None where the data has none.
        path: Glob of its files.
    """

    number: int
    version: int | None
    path: str


class Completeness(NamedTuple):
    """When a span may be used. Both conditions hold if both are given; without any, at once.

    Attributes:
        marker: Name of a file that its writer puts beside a span's files at the end.
        after_seconds: How long none of its files has changed.
    """

    marker: str | None = None
    after_seconds: float | None = None


class SpanFile(NamedTuple):
    """A file that fits the pattern.

    Attributes:
        path: Its path.
        modified: When it was last changed, seconds since the epoch.
    """

    path: str
    modified: float


@dataclass(frozen=True)
class FoundVersion:
    """One version of one span, as it lies there.

    Attributes:
        span: What a run would use.
        files: Its files.
        missing: Why it is not complete; empty if it is.
    """

    span: Span
    files: tuple[SpanFile, ...]
    missing: str = ""


class SpanDataError(ValueError):
    """The files at a pattern contradict one another."""


def find_versions(
    pattern: SpanPattern,
    files: Iterable[SpanFile],
    markers: Collection[str],
    completeness: Completeness,
    now: float,
) -> list[FoundVersion]:
    """Groups files by span and version, and says which are complete.

    Args:
        pattern: Tells a file's span and version.
        files: Files that may fit the pattern; others are left out.
        markers: Paths of the marker files that are there.
        completeness: When a span may be used.
        now: Seconds since the epoch.

    Returns:
        Every version of every span, in order of span and version; also those of which there is a
        marker and no file, which are not complete.

    Raises:
        SpanDataError: A number is written in two ways, or files belong to several spans.
        WrongDateError: A file's date is none.
    """
    groups: dict[tuple[int, int], list[tuple[Match, SpanFile]]] = defaultdict(list)
    for file in files:
        match = pattern.match(file.path)
        if match is not None:
            groups[_key(match)].append((match, file))
    found = {
        key: _empty(pattern, marker, match) for key, marker, match in _marked(pattern, markers)
    }
    for key, group in groups.items():
        first = group[0][0]
        _refuse_two_ways(pattern, [match for match, _ in group])
        members = tuple(file for _, file in group)
        span = Span(first.span, first.version, pattern.fill(first))
        missing = _missing(pattern, members, markers, completeness, now)
        found[key] = FoundVersion(span, members, missing)
    return [version for _, version in sorted(found.items())]


def _key(match: Match) -> tuple[int, int]:
    # Without {VERSION} there is one version, whatever its number.
    return match.span, match.version or 0


def _marked(
    pattern: SpanPattern, markers: Iterable[str]
) -> Iterator[tuple[tuple[int, int], str, Match]]:
    """Yields each marker with the span and the version of its folder."""
    for marker in sorted(markers):
        match = pattern.folder.match(marker.rpartition("/")[0]) if pattern.folder else None
        if match is not None:
            yield _key(match), marker, match


def _empty(pattern: SpanPattern, marker: str, match: Match) -> FoundVersion:
    folder, _, name = marker.rpartition("/")
    span = Span(match.span, match.version, pattern.fill(match))
    wanted = pattern.text.rpartition("/")[2]
    return FoundVersion(span, (), f"there is {name} in {folder}, and no {wanted}")


def span_name(pattern: SpanPattern, span: Span) -> str:
    """Returns what a person calls a span: `3`, `3 version 1` or `20089 (2025-01-01)`."""
    name = numbered(pattern, span.number)
    return name if span.version is None else f"{name} version {span.version}"


def numbered(pattern: SpanPattern, number: int) -> str:
    """Returns what a person calls a span by its number: `3` or `20089 (2025-01-01)`."""
    return f"{number} ({date_of(number)})" if pattern.has_dates else str(number)


def _missing(
    pattern: SpanPattern,
    files: Sequence[SpanFile],
    markers: Collection[str],
    completeness: Completeness,
    now: float,
) -> str:
    if completeness.marker is not None:
        for folder in sorted({_folder(pattern, file.path) for file in files}):
            if f"{folder}/{completeness.marker}" not in markers:
                return f"there is no {completeness.marker} in {folder}"
    if completeness.after_seconds is not None:
        latest = max(files, key=lambda file: file.modified)
        age = now - latest.modified
        if age < completeness.after_seconds:
            return (
                f"{latest.path} changed {max(age, 0):.0f} s ago, "
                f"less than {completeness.after_seconds:g} s"
            )
    return ""


def _folder(pattern: SpanPattern, path: str) -> str:
    folder = pattern.folder
    assert folder is not None, "a marker needs a folder for each span"
    return "/".join(path.split("/")[: folder.text.count("/") + 1])


def _refuse_two_ways(pattern: SpanPattern, matches: Sequence[Match]) -> None:
    """Refuses `span-1` beside `span-01`: which of them is span 1?"""
    ways = {match.tokens: match for match in matches}
    if len(ways) > 1:
        first, second = list(ways.values())[:2]
        raise SpanDataError(
            f"span {numbered(pattern, first.span)} is there twice: {first.path} and "
            f"{second.path}; write its number in one way, or give the placeholder a width"
        )
