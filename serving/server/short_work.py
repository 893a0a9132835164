"""Runs short work on the event loop itself, in the order in which it comes."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_SLICE_S = 0.001
ResultT = TypeVar("ResultT")


class ShortWork:
    """Does what takes microseconds where it is asked for: a thread would cost more than the work.

    However much of it waits, the loop looks at its sockets every millisecond: it accepts one
    connection each time, and a new client would wait for all the others otherwise.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()

    async def run(self, work: Callable[[], ResultT]) -> ResultT:
        """Returns what the work returns, or raises what it raises."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._run_slice)
        done: asyncio.Future[ResultT] = loop.create_future()
        self._waiting.append((work, done))
        return await done

    def _run_slice(self) -> None:
        end = time.perf_counter() + _SLICE_S
        while self._waiting and time.perf_counter() < end:
            _finish(*self._waiting[0])
            # Only now: while something waits, a slice is due.
            self._waiting.popleft()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._run_slice)


def _finish(work: Callable[[], ResultT], done: asyncio.Future[ResultT]) -> None:
    if done.cancelled():
        return
    try:
        done.set_result(work())
    except Exception as error:  # noqa: BLE001 - whoever waits gets it
        done.set_exception(error)
