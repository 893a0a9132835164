"""One run at a time in a home.

Two runs on one SQLite file and one model store would each see half of what the other does. The
kernel drops the lock when its last holder dies, however it dies, so there are no stale locks. A
run shares the lock with the processes that it starts: when it is killed, the next one waits until
their nodes have ended too.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import IO, TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.processes import birth_of, is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.places import Home

# Longer than a worker gives its nodes to end.
_ORPHANS_SECONDS = 30.0
_POLL_SECONDS = 0.1


class HomeBusyError(UsageError):
    """Another run uses the home.

    Attributes:
        holder: Process id of the other run, as text; empty if it is not known.
    """

    def __init__(self, home: Home, holder: str) -> None:
        self.holder = holder
        super().__init__(
            f"{home.root} is in use by another run, process {holder or 'unknown'}; "
            "wait for it to end, or use another --home"
        )


@contextlib.contextmanager
def locked(home: Home) -> Iterator[int]:
    """Holds the home for this process.

    Yields:
        A file descriptor. The home stays held until every process that inherited it has ended.

    Raises:
        HomeBusyError: Another process holds it.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    with home.lock.open("a+", encoding="ascii") as file:
        _acquire(file, home)
        file.truncate(0)
        file.write(f"{os.getpid()} {birth_of(os.getpid())}")
        file.flush()
        yield file.fileno()
        file.truncate(0)


def _acquire(file: IO[str], home: Home) -> None:
    deadline = time.monotonic() + _ORPHANS_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, born = _holder(file)
            runs = pid is not None and is_alive(pid, born)
            if runs or time.monotonic() > deadline:
                raise HomeBusyError(home, str(pid or "")) from None
            # Its holder is about to write its name, or was killed and its nodes are about to end.
            time.sleep(_POLL_SECONDS)
        else:
            return


def _holder(file: IO[str]) -> tuple[int | None, str]:
    """Returns the id and the birth of the process that took the lock."""
    file.seek(0)
    pid, _, birth = file.read().strip().partition(" ")
    return (int(pid), birth) if pid.isdigit() else (None, "")
