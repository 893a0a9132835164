"""A connection to the SQLite file of ML Metadata that one process at a time has open.

ML Metadata answers two transactions at the same moment by aborting one, and its client then sleeps
for a random time, two seconds on average, before it tries again. What nodes do with the file takes
milliseconds, so they take turns. TFX's launcher has its connection open only while it prepares and
while it publishes, so nobody waits for an executor.
"""

from __future__ import annotations

import contextlib
import fcntl
from typing import TYPE_CHECKING

from tfx.orchestration import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Self


class ExclusiveMetadata(metadata.Metadata):
    """TFX's connection, which waits for its turn where it is opened; may be opened again inside.

    Args:
        file: SQLite file of ML Metadata. The lock is a file beside it, `<name>.lock`, because
            SQLite's own locks on the file itself would end when any descriptor of it is closed.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(metadata.sqlite_metadata_connection_config(str(file)))
        self._lock = file.with_name(f"{file.name}.lock")
        self._opened: list[contextlib.ExitStack] = []

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            if not self._opened:
                opening.enter_context(_turn(self._lock))
            super().__enter__()
            self._opened.append(opening.pop_all())
        return self

    def __exit__(self, *error: object) -> None:
        with self._opened.pop():
            super().__exit__(*error)


@contextlib.contextmanager
def _turn(lock: Path) -> Iterator[None]:
    """Holds a lock that the kernel drops when this process dies, however it dies."""
    with lock.open("a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
