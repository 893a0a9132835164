"""The ways in which the server is asked to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

_STDIN = 0
_CHUNK = 4096


def listen_for_stop(*, stdin: bool) -> asyncio.Event:
    """Returns an event that SIGTERM, SIGINT and, if wanted, the end of standard input set.

    Standard input ends when every process that holds its other end is gone, however it went.
    So a server that was started with a pipe never outlives the process that started it.

    Args:
        stdin: Whether the end of standard input counts.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if stdin:
        threading.Thread(target=_wait_for_eof, args=(loop, stop), daemon=True).start()
    return stop


def _wait_for_eof(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(_STDIN, _CHUNK):
        pass
    loop.call_soon_threadsafe(stop.set)
