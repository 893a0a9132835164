"""One push into a model's folder at a time."""

from __future__ import annotations

import fcntl
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK_FILE = ".lock"
_log = logging.getLogger(__name__)


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Holds a folder against other pushes, waiting until it is free.

    The kernel lets go when the process ends, however it ends, so a lock is never stale. A file in
    the folder is locked and not the folder itself, which NFS cannot lock.

    Raises:
        OSError: The lock file cannot be made.
    """
    with (folder / _LOCK_FILE).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _log.info("another push into %s is going on; waiting for it", folder)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
