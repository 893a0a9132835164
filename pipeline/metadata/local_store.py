"""Opening the SQLite file of ML Metadata, without TFX, and taking turns at it.

ML Metadata answers two transactions at the same moment by aborting one, and its client then sleeps
for a random time, two seconds on average, before it tries again. What is done with the file takes
milliseconds, so writers take turns.
"""

from __future__ import annotations

import contextlib
import fcntl
from typing import TYPE_CHECKING, Any

from pipeline.metadata.database import SqliteDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def open_local(file: Path, *, write: bool) -> Iterator[Any]:
    """Gives the `ml_metadata.MetadataStore` of a file, connected until the end of the block.

    Args:
        file: SQLite file of ML Metadata.
        write: Whether something is written. A writer waits for its turn, and makes the tables where
            there are none; a look makes nobody wait.

    Raises:
        RuntimeError: It cannot be opened.
        OSError: The lock beside it cannot be written.
    """
    from ml_metadata.metadata_store import metadata_store

    config = SqliteDatabase(file).connection_config()
    if not write:
        config.sqlite.connection_mode = config.sqlite.READONLY
    with turn_at(file) if write else contextlib.nullcontext():
        store = metadata_store.MetadataStore(config)
        try:
            yield store
        finally:
            # It has no `close`, and a connection that somebody still refers to would be inherited
            # by forks.
            del store._metadata_store  # noqa: SLF001


@contextlib.contextmanager
def turn_at(file: Path) -> Iterator[None]:
    """Holds a lock that the kernel drops when this process dies, however it dies.

    Args:
        file: SQLite file of ML Metadata. The lock is a file beside it, `<name>.lock`, because
            SQLite's own locks on the file itself would end when any descriptor of it is closed.
    """
    with file.with_name(f"{file.name}.lock").open("a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
