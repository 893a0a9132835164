"""Where examples are read from: a folder, one file or a glob."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

Format = Literal["csv", "parquet", "tfrecord"]

# What a folder is searched for. Compressed and sharded TFRecords end in many ways
# (.gz, -00000-of-00001), CSV and Parquet do not.
PATTERN_OF_FORMAT: dict[Format, str] = {
    "csv": "*.csv",
    "parquet": "*.parquet",
    "tfrecord": "*tfrecord*",
}


class Source(NamedTuple):
    """A folder and a glob below it, as TFX's file-based ExampleGen takes them."""

    base: str
    pattern: str


def source_of(path: str, data_format: Format) -> Source:
    """Splits a path into the folder and the glob that ExampleGen reads.

    Args:
        path: A folder, a file, or a glob. A folder stands for all its files of the format.
        data_format: One of `csv`, `parquet`, `tfrecord`.
    """
    if Path(path).is_dir():
        return Source(path, PATTERN_OF_FORMAT[data_format])
    parts = Path(path).parts
    first_glob = next(
        (i for i, part in enumerate(parts) if set(part) & set("*?[{")), len(parts) - 1
    )
    return Source(str(Path(*parts[:first_glob])), str(Path(*parts[first_glob:])))
