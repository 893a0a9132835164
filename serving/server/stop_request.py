"""The ways in which the server is asked to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_STDIN = 0
_CHUNK = 4096


def listen_for_stop(*, stdin: bool) -> asyncio.Event:
    """Returns an event that SIGTERM, SIGINT and, if wanted, the end of standard input set.

    Standard input ends when every process that holds its other end is gone, however it went.
    So a server that was started with a pipe never outlives the process that started it.

    Once a stop was asked for, SIGINT ends the process at once: a second Ctrl-C waits for nothing.

    Args:
        stdin: Whether the end of standard input counts.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    if stdin:
        threading.Thread(target=_wait_for_eof, args=(loop, ask), daemon=True).start()
    return stop


def _wait_for_eof(loop: asyncio.AbstractEventLoop, ask: Callable[[], None]) -> None:
    while os.read(_STDIN, _CHUNK):
        pass
    loop.call_soon_threadsafe(ask)
