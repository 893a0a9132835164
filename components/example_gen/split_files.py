"""Writes splits as TFX's Examples artifact lays them out: one compressed TFRecord file each."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO, TYPE_CHECKING

from serving.tfrecords import framed

if TYPE_CHECKING:
    from collections.abc import Iterable

# As TFX's ExampleGen names it, which writes as many shards as it likes.
FILE_NAME = "data_tfrecord-00000-of-00001.gz"
# Level 6 takes four times as long to save a quarter, and the files are read a few times only.
_COMPRESSION_LEVEL = 1


def write_split(uri: str, split: str, batches: Iterable[list[bytes]]) -> None:
    """Writes the rows of a split.

    Args:
        uri: Folder of the artifact, a path or a URI that TFX's `fileio` writes.
        split: Name of the split.
        batches: Its rows, serialized.
    """
    # No time and no name within: the same rows give the same bytes.
    with (
        _create(f"{uri}/Split-{split}") as file,
        gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, file, mtime=0) as compressed,
    ):
        for batch in batches:
            compressed.write(framed(batch))


def _create(folder: str) -> IO[bytes]:
    if "://" in folder:
        from tfx.dsl.io import fileio

        fileio.makedirs(folder)
        opened: IO[bytes] = fileio.open(f"{folder}/{FILE_NAME}", "wb")
        return opened
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder, FILE_NAME).open("wb")
