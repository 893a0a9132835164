"""Which spans a run uses: the last ones that are complete, decided before anything runs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal, NamedTuple

from components.example_gen.patterns import SpanPattern, path_regex
from components.example_gen.spans import FoundVersion, Span, SpanDataError, numbered, span_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Window = int | Literal["all"]
_SHOWN_AT_MOST = 12


class Choice(NamedTuple):
    """What a run uses.

    Attributes:
        spans: The window, oldest first; empty where the data does not come in spans.
        notes: Lines for a person: what is used, and what was passed over and why.
    """

    spans: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()


class IncompleteError(ValueError):
    """No span can be used yet."""


class NoSuchSpanError(ValueError):
    """The span that was asked for is not there."""


def choose(
    pattern: SpanPattern,
    found: Sequence[FoundVersion],
    window: Window,
    newest: int | None = None,
) -> Choice:
    """Chooses the last spans that are complete, each in its newest complete version.

    Args:
        pattern: For the names of spans.
        found: What `find_versions` returned.
        window: How many spans, or `all`. Numbers that are not there do not count.
        newest: Leave out the spans after this one, which must be there and complete.

    Raises:
        IncompleteError: No span is complete, or `newest` is not.
        NoSuchSpanError: `newest` is not there.
        SpanDataError: Files of one span are found with another one, too.
    """
    by_span: dict[int, list[FoundVersion]] = defaultdict(list)
    for version in found:
        by_span[version.span.number].append(version)
    if newest is not None:
        by_span = _up_to(pattern, by_span, newest)
    usable = {number: its for number, versions in by_span.items() if (its := _latest(versions))}
    if not usable or (newest is not None and newest not in usable):
        raise IncompleteError(_incomplete(pattern, by_span, newest))
    numbers = sorted(usable) if window == "all" else sorted(usable)[-window:]
    chosen = [usable[number] for number in numbers]
    _refuse_overlap(pattern, chosen, found)
    spans = tuple(version.span for version in chosen)
    since = [its for number, its in sorted(by_span.items()) if number >= numbers[0]]
    passed_over = [line for its in since for line in _passed_over(pattern, its)]
    return Choice(spans, (_used(pattern, spans, window), *passed_over))


def _latest(versions: Sequence[FoundVersion]) -> FoundVersion | None:
    return next((version for version in reversed(versions) if not version.missing), None)


def _up_to(
    pattern: SpanPattern, by_span: Mapping[int, list[FoundVersion]], newest: int
) -> dict[int, list[FoundVersion]]:
    if newest not in by_span:
        raise NoSuchSpanError(
            f"there is no span {numbered(pattern, newest)}; "
            f"those that are there: {_listed(pattern, sorted(by_span))}"
        )
    return {number: its for number, its in by_span.items() if number <= newest}


def _incomplete(
    pattern: SpanPattern, by_span: Mapping[int, Sequence[FoundVersion]], newest: int | None
) -> str:
    number = max(by_span) if newest is None else newest
    version = by_span[number][-1]
    subject = f"span {span_name(pattern, version.span)} is not complete: {version.missing}"
    if newest is None:
        return f"no span is complete yet; the newest, {subject}"
    return subject


def _used(pattern: SpanPattern, spans: Sequence[Span], window: Window) -> str:
    names = [span_name(pattern, span) for span in spans]
    if len(spans) == 1:
        return f"span {names[0]} is used (window {window})"
    return f"spans {_shortened(names)} are used, the last one judges (window {window})"


def _passed_over(pattern: SpanPattern, versions: Sequence[FoundVersion]) -> list[str]:
    """Returns a line for each version that would be used if it were complete."""
    used = _latest(versions)
    newer = versions if used is None else versions[versions.index(used) + 1 :]
    return [
        f"span {span_name(pattern, version.span)} is passed over: {version.missing}"
        for version in newer
    ]


def _listed(pattern: SpanPattern, numbers: Sequence[int]) -> str:
    return _shortened([numbered(pattern, number) for number in numbers])


def _shortened(names: Sequence[str]) -> str:
    if len(names) <= _SHOWN_AT_MOST:
        return ", ".join(names)
    return ", ".join([names[0], "...", *names[-_SHOWN_AT_MOST + 2 :]])


def _refuse_overlap(
    pattern: SpanPattern, chosen: Iterable[FoundVersion], found: Iterable[FoundVersion]
) -> None:
    """Refuses a pattern by which files of one span are read as another one's, too."""
    everything = [(version, file) for version in found for file in version.files]
    for its in chosen:
        fits = path_regex(its.span.path).fullmatch
        for version, file in everything:
            if version is not its and fits(file.path):
                raise SpanDataError(
                    f"{file.path} is of span {span_name(pattern, version.span)}, but the files of "
                    f"span {span_name(pattern, its.span)}, {its.span.path}, include it; put "
                    "something between the placeholder and the wildcards that tells them apart"
                )
