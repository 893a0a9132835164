"""Keeps what is expensive to prepare and cheap to use: a graph's calls. Free of TensorFlow."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

KeyT = TypeVar("KeyT")
CallT = TypeVar("CallT")


class PreparedCalls(Generic[KeyT, CallT]):
    """Prepares each call once, one at a time, when it is first asked for.

    Args:
        prepare: Prepares a call.
        most: How many are kept: clients could think of very many.
    """

    def __init__(self, prepare: Callable[[KeyT], CallT], most: int) -> None:
        self._prepare = prepare
        self._most = most
        self._calls: dict[KeyT, CallT] = {}
        self._lock = threading.Lock()

    def get(self, key: KeyT) -> CallT:
        """Returns a call; waits until it is prepared."""
        call = self._calls.get(key)
        if call is None:
            with self._lock:
                call = self._ensure(key)
        return call

    def get_unless_busy(self, key: KeyT, *, prepare: bool = True) -> CallT | None:
        """Returns a call; None while another one is being prepared, so that nobody waits for it.

        Args:
            key: Which.
            prepare: Whether a call that is not there yet is prepared now.
        """
        call = self._calls.get(key)
        if call is None and prepare and self._lock.acquire(blocking=False):
            try:
                call = self._ensure(key)
            finally:
                self._lock.release()
        return call

    def clear(self) -> None:
        """Lets go of all calls."""
        self._calls.clear()

    def _ensure(self, key: KeyT) -> CallT:
        # Many requests may have waited here for the first of them.
        call = self._calls.get(key)
        if call is None:
            if len(self._calls) >= self._most:
                self._calls.pop(next(iter(self._calls)))
            call = self._calls[key] = self._prepare(key)
        return call
