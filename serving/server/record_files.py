"""TFRecord files that are rotated by size, age and number of records. Free of TensorFlow.

A file that is being written ends in `.open`; it gets its final name in one step, so readers only
ever see whole files. The process that writes one holds a lock on it: what nobody holds was left
behind by a crash, and is cut back to its last whole record and given its name by the next writer.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import glob
import secrets
import time
from dataclasses import dataclass
from itertools import accumulate, takewhile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from serving.tfrecords import FRAME_BYTES, framed, whole_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SUFFIX = ".tfrecord"
OPEN_SUFFIX = ".open"


@dataclass(frozen=True)
class Rotation:
    """When a file is full.

    Attributes:
        max_bytes: How large it may become; a single record may be larger.
        max_seconds: How old it may become.
        max_records: How many records it may hold; 0 is any number.
    """

    max_bytes: int
    max_seconds: float
    max_records: int = 0

    def room(self, size: int, count: int, lengths: Sequence[int]) -> int:
        """Returns how many of the next records still belong into a file.

        Args:
            size: The file's bytes.
            count: The records in it.
            lengths: The bytes of each of the next records.
        """
        sizes = accumulate((length + FRAME_BYTES for length in lengths), initial=size)
        next(sizes)
        fitting = sum(1 for _ in takewhile(lambda total: total <= self.max_bytes, sizes))
        if self.max_records:
            fitting = min(fitting, self.max_records - count)
        return fitting if count else max(fitting, 1)


class RecordFile:
    """A file that is being written.

    Args:
        prefix: The beginning of its path; folders that are missing are made.

    Attributes:
        size: Its bytes.
        count: Its records.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, prefix: str) -> None:
        stamp = dt.datetime.now(dt.timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
        # Several servers may write side by side: the time alone does not tell their files apart.
        self._final = Path(f"{prefix}-{stamp}-{secrets.token_hex(4)}{SUFFIX}")
        self._final.parent.mkdir(parents=True, exist_ok=True)
        self._path = _open_path(self._final)
        self._file = self._path.open("xb", buffering=0)
        _lock(self._file)
        self.size = 0
        self.count = 0

    def append(self, records: Sequence[bytes]) -> None:
        """Writes records, all of them or none.

        Raises:
            OSError: They cannot be written.
        """
        data = memoryview(framed(records))
        written = 0
        try:
            while written < len(data):
                written += self._file.write(data[written:]) or 0
        except OSError:
            self._file.truncate(self.size)
            self._file.seek(self.size)
            raise
        self.size += len(data)
        self.count += len(records)

    def finish(self) -> None:
        """Gives the file its final name; without a record it is deleted.

        Raises:
            OSError: That cannot be done.
        """
        with self._file:
            if self.count:
                self._path.rename(self._final)
            else:
                self._path.unlink()


class RotatedRecords:
    """Writes records into one file after the other.

    Args:
        prefix: The beginning of the files' paths.
        rotation: When a file is full.
        clock: Tells the time, seconds.
    """

    def __init__(
        self, prefix: str, rotation: Rotation, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._prefix = prefix
        self._rotation = rotation
        self._clock = clock
        self._file: RecordFile | None = None
        self._due = 0.0

    def write(self, records: Sequence[bytes]) -> int:
        """Writes as many of the records as belong into one file; returns how many, at least one.

        Raises:
            OSError: None could be written. The next call begins another file.
        """
        file = self._current()
        count = self._rotation.room(file.size, file.count, [len(record) for record in records])
        if count == 0:
            self.close()
            return self.write(records)
        try:
            file.append(records[:count])
        except OSError:
            # The first failure is the telling one.
            with contextlib.suppress(OSError):
                self.close()
            raise
        return count

    def seconds_left(self) -> float | None:
        """Returns in how many seconds the file is too old; None while there is no file."""
        return max(self._due - self._clock(), 0) if self._file else None

    def rotate(self) -> None:
        """Ends the file if it is old enough or full.

        Raises:
            OSError: That cannot be done.
        """
        file = self._file
        if file is None:
            return
        full = not self._rotation.room(file.size, file.count, [0])
        if full or self._clock() >= self._due:
            self.close()

    def close(self) -> None:
        """Ends the file.

        Raises:
            OSError: That cannot be done.
        """
        file, self._file = self._file, None
        if file is not None:
            file.finish()

    def adopt(self) -> list[Path]:
        """Ends files of this prefix that a crash left behind; returns their final paths.

        Raises:
            OSError: The file system does not let this be done.
        """
        start = Path(self._prefix)
        left = sorted(start.parent.glob(f"{glob.escape(start.name)}-*{SUFFIX}{OPEN_SUFFIX}"))
        return [final for path in left if (final := _adopt(path)) is not None]

    def _current(self) -> RecordFile:
        if self._file is None:
            self._file = RecordFile(self._prefix)
            self._due = self._clock() + self._rotation.max_seconds
        return self._file


def _adopt(path: Path) -> Path | None:
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        # Another server was faster.
        return None
    with file:
        if not _lock(file):
            return None
        size = whole_bytes(file)
        if not size:
            path.unlink()
            return None
        file.truncate(size)
        return path.rename(path.with_suffix(""))


def _lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _open_path(final: Path) -> Path:
    return final.with_name(final.name + OPEN_SUFFIX)
