"""Things that are used by one thread at a time, and waited for while all of them are in use."""

from __future__ import annotations

import contextlib
import queue
from typing import TYPE_CHECKING, Generic, TypeVar

from serving.server.deadlines import too_late

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ItemT = TypeVar("ItemT")


class Pool(Generic[ItemT]):
    """Gives out what was given back last: its memory is warm, and its sizes are those in use.

    Args:
        items: What it holds.
    """

    def __init__(self, items: Iterable[ItemT]) -> None:
        self._free: queue.LifoQueue[ItemT] = queue.LifoQueue()
        for item in items:
            self._free.put(item)

    @contextlib.contextmanager
    def take(self, timeout_s: float | None = None) -> Iterator[ItemT]:
        """Yields one of the things, as soon as one is free.

        Args:
            timeout_s: How long to wait for it, seconds; None is for ever.

        Raises:
            DeadlineExceededError: None was free in time, or there was no time.
        """
        if timeout_s is not None and timeout_s <= 0:
            raise too_late()
        try:
            item = self._free.get(timeout=timeout_s)
        except queue.Empty:
            raise too_late() from None
        try:
            yield item
        finally:
            self._free.put(item)

    def clear(self) -> None:
        """Lets go of everything. Nothing may be in use or waited for."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._free.get_nowait()
