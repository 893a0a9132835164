"""Where examples are read from: a folder, one file or a glob."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

Format = Literal["csv", "parquet", "tfrecord"]
SCHEME = "://"

# What a folder is searched for. Compressed and sharded TFRecords end in many ways
# (.gz, -00000-of-00001), CSV and Parquet do not.
PATTERN_OF_FORMAT: dict[Format, str] = {
    "csv": "*.csv",
    "parquet": "*.parquet",
    "tfrecord": "*tfrecord*",
}


class Source(NamedTuple):
    """A folder, a path or URI, and a glob below it, as TFX's file-based ExampleGen takes them."""

    base: str
    pattern: str


def source_of(path: str, data_format: Format) -> Source:
    """Splits a path into the folder and the glob that ExampleGen reads.

    It does not ask a bucket whether a URI is a folder: a pipeline is compiled in a process that
    forks, which may not have the storage's client. `find_files` asks.

    Args:
        path: A folder, a file, or a glob; a path or a URI. A folder stands for all its files of the
            format.
        data_format: One of `csv`, `parquet`, `tfrecord`.
    """
    if SCHEME in path:
        return _source_of_uri(path, PATTERN_OF_FORMAT[data_format])
    if Path(path).is_dir():
        return Source(path, PATTERN_OF_FORMAT[data_format])
    parts = Path(path).parts
    first_glob = _first_glob(parts)
    return Source(str(Path(*parts[:first_glob])), str(Path(*parts[first_glob:])))


def _source_of_uri(uri: str, pattern: str) -> Source:
    scheme, _, place = uri.partition(SCHEME)
    bucket, _, key = place.partition("/")
    if not key or key.endswith("/"):
        return Source(uri.rstrip("/"), pattern)
    parts = key.split("/")
    first_glob = _first_glob(parts)
    folder = "/".join([bucket, *parts[:first_glob]])
    return Source(f"{scheme}{SCHEME}{folder}", "/".join(parts[first_glob:]))


def _first_glob(parts: Sequence[str]) -> int:
    wild = (i for i, part in enumerate(parts) if set(part) & set("*?[{"))
    return next(wild, len(parts) - 1)
