"""One run at a time in a home.

Two runs on one SQLite file and one model store would each see half of what the other does. The
kernel drops the lock when its holder dies, however it dies, so there are no stale locks.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.places import Home


class HomeBusyError(UsageError):
    """Another run uses the home.

    Attributes:
        holder: Process id of the other run, as text.
    """

    def __init__(self, home: Home, holder: str) -> None:
        self.holder = holder
        super().__init__(
            f"{home.root} is in use by another run, process {holder or 'unknown'}; "
            "wait for it to end, or use another --home"
        )


@contextlib.contextmanager
def locked(home: Home) -> Iterator[None]:
    """Holds the home for this process.

    Raises:
        HomeBusyError: Another process holds it.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    with home.lock.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise HomeBusyError(home, file.read().strip()) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)
