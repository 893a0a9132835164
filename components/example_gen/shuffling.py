"""Shuffles the rows of splits, in memory that does not grow with their number.

Files are often sorted, by time or by label. Whoever trains shuffles within a buffer, which is not
enough for sorted rows, so TFX's ExampleGen shuffles all; so does this one. Each row is put into one
of many parts by lot, and each part is shuffled by itself.
"""

from __future__ import annotations

import contextlib
import pickle
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from typing_extensions import Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

# The lots are the same each time: the same files give the same order.
_SEED = 0
# Of input; compressed, and with few distinct values, that may be fifty times as much as rows.
_PART_BYTES = 1 << 20
# All are open at once. Only of files beyond a gigabyte are parts longer than that.
_MOST_PARTS = 256


class Shuffle:
    """Takes rows in, then gives them out in another order. Use it in a `with` block.

    Args:
        splits: Names of the splits.
        input_bytes: Size of the files that are read, which tells how many rows to expect.
        scratch: Folder for temporary files; None is the system's.

    Attributes:
        rows: Rows of each split so far.
    """

    def __init__(
        self, splits: tuple[str, ...], input_bytes: int, scratch: str | None = None
    ) -> None:
        self.rows = dict.fromkeys(splits, 0)
        most = max(1, _MOST_PARTS // len(splits))
        self._parts = min(1 + input_bytes // _PART_BYTES, most)
        self._lots = np.random.default_rng(_SEED)
        self._scratch = scratch
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        folder = tempfile.TemporaryDirectory(prefix="shuffle-", dir=self._scratch)
        self._folder = Path(self._stack.enter_context(folder))
        self._files = {
            split: [
                self._stack.enter_context((self._folder / f"{split}-{part}").open("w+b"))
                for part in range(self._parts)
            ]
            for split in self.rows
        }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Removes the temporary files."""
        self._stack.close()

    def add(self, dealt: Mapping[str, list[bytes]]) -> None:
        """Takes rows of splits in."""
        for split, rows in dealt.items():
            self.rows[split] += len(rows)
            parts: list[list[bytes]] = [[] for _ in range(self._parts)]
            lots = self._lots.integers(self._parts, size=len(rows)).tolist()
            for lot, row in zip(lots, rows, strict=True):
                parts[lot].append(row)
            for file, part in zip(self._files[split], parts, strict=True):
                pickle.dump(part, file)

    def batches(self, split: str) -> Iterator[list[bytes]]:
        """Gives all rows of a split out."""
        for file in self._files[split]:
            rows = list(_taken_in(file))
            yield [rows[index] for index in self._lots.permutation(len(rows)).tolist()]


def _taken_in(file: IO[bytes]) -> Iterator[bytes]:
    """Yields a part's rows in the order in which they came in."""
    end = file.tell()
    file.seek(0)
    while file.tell() < end:
        yield from pickle.load(file)  # noqa: S301  this process wrote it
