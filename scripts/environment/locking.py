"""One set-up at a time in one working tree."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scripts.environment.report import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Holds the lock file; where another process holds it, says so and waits.

    Children inherit the lock: if the set-up is killed, the next one waits until the tool that it
    had started has ended too, and only then clears away what that tool wrote.

    Args:
        path: The lock file; it is made if need be, and stays.
    """
    path.parent.mkdir(exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        os.set_inheritable(file.fileno(), True)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work here; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
