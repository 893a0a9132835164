"""Hands items from the threads that answer requests to one that writes about them."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")

# So long more items are waited for after the first: waking up for each would slow requests down.
_GATHER_S = 0.1


class BoundedQueue(Generic[ItemT]):
    """Refuses items once those that it holds are too much: it never grows and never blocks.

    Args:
        capacity: How much may wait or be in the taker's hands, in whatever unit the sizes of the
            items are: bytes, or items. A single item may be larger.
        gather_s: How long items are gathered before they are given out, seconds.
    """

    def __init__(self, capacity: int, gather_s: float = _GATHER_S) -> None:
        self._capacity = capacity
        self._gather_s = gather_s
        self._items: list[ItemT] = []
        self._waiting = 0
        self._taken = 0
        self._refused = 0
        self._changed = threading.Condition()
        self._closing = threading.Event()

    def offer(self, item: ItemT, size: int = 1) -> bool:
        """Adds an item unless there is no room, or the queue is closed; returns whether it did.

        Args:
            item: The item.
            size: How much of the capacity it takes.
        """
        with self._changed:
            held = self._waiting + self._taken
            if self._closing.is_set() or (held and held + size > self._capacity):
                self._refused += 1
                return False
            self._items.append(item)
            self._waiting += size
            if len(self._items) == 1:
                self._changed.notify()
            return True

    def take(self, timeout_s: float | None = None) -> tuple[list[ItemT], int]:
        """Returns all items that wait, and how many were refused since the last call.

        With the call the items that were taken before count as done. There are no items when the
        time is over, or when the queue is closed and empty.

        Args:
            timeout_s: How long to wait for an item, seconds; None is for ever.
        """
        with self._changed:
            self._taken = 0
            self._changed.wait_for(lambda: self._items or self.closed, timeout_s)
        if not self.closed and self._items:
            self._closing.wait(self._gather_s)
        with self._changed:
            items, self._items = self._items, []
            self._taken, self._waiting = self._waiting, 0
            refused, self._refused = self._refused, 0
            return items, refused

    def close(self) -> None:
        """Refuses what comes from now on; what is in the queue can still be taken."""
        with self._changed:
            self._closing.set()
            self._changed.notify()

    @property
    def closed(self) -> bool:
        """Whether nothing more comes."""
        return self._closing.is_set()
