"""Which spans a run uses, from the files that are there: the listing around the decision."""

from __future__ import annotations

import contextlib
import fnmatch
import glob
import stat
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from components.example_gen.patterns import (
    SpanPattern,
    WrongDateError,
    date_of,
    has_placeholders,
    span_of,
)
from components.example_gen.source import PATTERN_OF_FORMAT
from components.example_gen.spans import Completeness, SpanDataError, SpanFile, find_versions
from components.example_gen.window import Choice, IncompleteError, NoSuchSpanError, choose
from pipeline.config.base import is_uri
from pipeline.config.paths import resolve_data_path
from pipeline.errors import ConfigurationError, DataError, TidemillError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.config.data_sections import DataConfig
    from pipeline.config.models import PipelineConfig

_NEED_SPANS = ("window", "complete_marker", "complete_after_seconds")


def spans_in_window(config: PipelineConfig, use_case_dir: Path) -> frozenset[int]:
    """Returns the numbers of the spans that a run would use now; none if it could use none.

    Args:
        config: Names the data, the window and when a span is complete.
        use_case_dir: Where relative paths start.
    """
    try:
        choice = resolve_spans(config, use_case_dir)
    except TidemillError:
        return frozenset()
    return frozenset(span.number for span in choice.spans)


def resolve_spans(
    config: PipelineConfig, use_case_dir: Path, newest: str | None = None, now: float | None = None
) -> Choice:
    """Chooses the spans of a run; none where `data.path` has no placeholder.

    Args:
        config: Names the data, the window and when a span is complete.
        use_case_dir: Where relative paths start.
        newest: What `--span` gave: the number or the date of the last span to use.
        now: Seconds since the epoch; None asks the clock.

    Raises:
        ConfigurationError: The path, or a setting beside it, cannot work, or nothing is there.
        DataError: No span can be used as the files are.
        UsageError: `newest` is no span that is there.
    """
    given = config.data.path
    if not has_placeholders(given):
        _refuse_settings_of_spans(config.data, newest)
        return Choice()
    if is_uri(given):
        raise ConfigurationError(
            f"data.path = {given}: spans are read from file systems only; mount the bucket and "
            "give its path"
        )
    try:
        pattern = SpanPattern.parse(resolve_data_path(config, use_case_dir))
        pattern, files = _list(pattern, config.data)
        completeness = Completeness(config.data.complete_marker, config.data.complete_after_seconds)
        found = find_versions(
            pattern,
            files,
            _markers(pattern, config.data),
            completeness,
            time.time() if now is None else now,
        )
        if not found:
            raise ConfigurationError(f"data.path = {given}: no file matches {pattern.text}")
        number = None if newest is None else _span_number(pattern, newest)
        return choose(pattern, found, config.data.window, number)
    except NoSuchSpanError as error:
        raise UsageError(f"--span {newest}: {error}") from error
    except (SpanDataError, IncompleteError, WrongDateError) as error:
        raise DataError(f"data.path = {given}: {error}") from error


def check_span(data: DataConfig, newest: str) -> None:
    """Checks what `--span` gave where the data cannot be seen.

    Args:
        data: Names the data.
        newest: The number or the date of a span.

    Raises:
        ConfigurationError: The data has no spans.
        UsageError: It is no span's number.
    """
    if not has_placeholders(data.path):
        _refuse_settings_of_spans(data, newest)
    try:
        _span_number(SpanPattern.parse(data.path), newest)
    except (SpanDataError, WrongDateError) as error:
        raise DataError(f"data.path = {data.path}: {error}") from error


def _refuse_settings_of_spans(data: DataConfig, newest: str | None) -> None:
    defaults = type(data).model_fields
    given = {f"data.{key}": getattr(data, key) for key in _NEED_SPANS}
    wrong = [
        f"{key} = {value}"
        for key, value in given.items()
        if value != defaults[key.partition(".")[2]].default
    ]
    if newest is not None:
        wrong.insert(0, f"--span {newest}")
    if wrong:
        raise ConfigurationError(
            f"{wrong[0]}: data.path = {data.path} has no spans; "
            "put {SPAN}, or {YYYY}, {MM} and {DD}, where their numbers are, or leave this out"
        )


def _list(pattern: SpanPattern, data: DataConfig) -> tuple[SpanPattern, list[SpanFile]]:
    """Lists the files of a pattern; of folders, the files of the data's format inside."""
    paths = _glob(pattern.glob)
    if any(path.is_dir() for path in paths):
        pattern = pattern.below(PATTERN_OF_FORMAT[data.format])
        paths = _glob(pattern.glob)
    return pattern, [file for path in paths for file in _as_file(path)]


def _as_file(path: Path) -> Iterator[SpanFile]:
    # It may have been removed since it was listed.
    with contextlib.suppress(FileNotFoundError):
        status = path.stat()
        if not stat.S_ISDIR(status.st_mode):
            yield SpanFile(str(path), status.st_mtime)


def _markers(pattern: SpanPattern, data: DataConfig) -> frozenset[str]:
    marker = data.complete_marker
    if marker is None:
        return frozenset()
    if pattern.folder is None:
        raise ConfigurationError(
            f"data.complete_marker = {marker}: data.path = {data.path} has no folder for each span "
            "that could hold it; give each span a folder, or use data.complete_after_seconds"
        )
    if fnmatch.fnmatchcase(marker, Path(pattern.text).name):
        raise ConfigurationError(
            f"data.complete_marker = {marker}: data.path = {data.path} would read it as data; "
            "let the path end in something that only data matches, such as *.csv"
        )
    marker_glob = pattern.folder.below(glob.escape(marker)).glob
    return frozenset(map(str, _glob(marker_glob)))


def _glob(pattern: str) -> list[Path]:
    return [Path(path) for path in sorted(glob.glob(pattern))]  # noqa: PTH207  the path is absolute


def _span_number(pattern: SpanPattern, text: str) -> int:
    if text.isdecimal() and (not pattern.has_dates or int(text) <= span_of(date.max)):
        return int(text)
    with contextlib.suppress(ValueError):
        if pattern.has_dates:
            return span_of(date.fromisoformat(text))
    example = f"{date_of(20089)} or 20089" if pattern.has_dates else "3"
    raise UsageError(f"--span {text}: not the number of a span; write it as in --span {example}")
