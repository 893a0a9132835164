"""Decides whether runs are so short that they need no thread of their own.

TensorFlow runs a graph in threads of its own pool. For a graph that takes microseconds the way
there and back costs several times the run; but only there can a run be ended when its time is over.
So a run stays in the request's thread only where it cannot take long: the latest runs were short,
its inputs are no larger than theirs, and there is no loop in the graph.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

    from serving.server.steps import Steps

ResultT = TypeVar("ResultT")
_SHORT_S = 0.001
# On a busy machine a short run may take several times as long as otherwise, and be waited for even
# longer: in between, a run says nothing.
_LONG_S = 0.005
_LONG_WAIT_S = 0.05
_ENOUGH = 20
# A model that takes longer than this gains more from a processor of its own than it costs to hand
# a request over to a thread.
_SHORT_ANSWER_S = 0.0005
# What is wrong with a request can take longer to say than it takes to read a right one.
_MOST_SHORT_BYTES = 2**16
_MOST_KEYS = 1000


class Pace:
    """How long the latest runs of a signature took.

    Args:
        bounded: Whether the size of the inputs bounds the work of a run.
        short_s: What a short run takes at most, seconds.
    """

    def __init__(self, *, bounded: bool = True, short_s: float = _SHORT_S) -> None:
        self._bounded = bounded
        self._short_s = short_s
        self._short_in_a_row = 0
        self._largest = 0
        self._was_long = True

    def is_quick(self, size: int) -> bool:
        """Whether a run can be expected to be short.

        Args:
            size: The bytes of its inputs.
        """
        return self._bounded and self._short_in_a_row >= _ENOUGH and size <= self._largest

    def watch(self) -> Stopwatch:
        """Returns what times the next run.

        What a processor worked is asked for only after a long wait: the system has to be asked, and
        no run works longer than it is waited for.
        """
        return Stopwatch(with_work=self._was_long)

    def note(self, size: int, *, waited: float, worked: float | None = None) -> None:
        """Takes a run into account.

        Args:
            size: The bytes of its inputs.
            waited: How long it was waited for, seconds.
            worked: For how much of that a processor worked on it in the caller's thread, seconds;
                None if that is not known. The work of a large graph is done by other threads.
        """
        self._was_long = waited >= self._short_s
        if waited >= _LONG_WAIT_S or (worked or 0.0) >= _LONG_S:
            self._short_in_a_row = 0
            # What was as large as this is not known to be short any more.
            self._largest = min(self._largest, size - 1)
        elif (waited if worked is None else worked) < self._short_s:
            self._largest = max(self._largest, size)
            if self._short_in_a_row < _ENOUGH:
                self._short_in_a_row += 1


class Paces:
    """How long the latest answers to requests of several kinds took, each under a key."""

    def __init__(self) -> None:
        self._paces: dict[Hashable, Pace] = {}

    def is_short(self, key: Hashable, size: int) -> bool:
        """Whether an answer can be expected to take no more than half a millisecond.

        Args:
            key: The kind of request.
            size: The bytes of the request.
        """
        pace = self._paces.get(key)
        return pace is not None and size <= _MOST_SHORT_BYTES and pace.is_quick(size)

    def watch(self, key: Hashable) -> Stopwatch:
        """Returns what times the next answer, which begins now in this thread."""
        pace = self._paces.get(key)
        return Stopwatch() if pace is None else pace.watch()

    def note(self, key: Hashable, size: int, stopwatch: Stopwatch) -> None:
        """Takes an answer into account."""
        pace = self._paces.get(key)
        if pace is None:
            # Clients could think of very many kinds.
            if len(self._paces) >= _MOST_KEYS:
                self._paces.clear()
            pace = self._paces[key] = Pace(short_s=_SHORT_ANSWER_S)
        pace.note(size, waited=stopwatch.waited(), worked=stopwatch.worked())

    def forget(self, key: Hashable) -> None:
        """Expects the next answers of a kind to be long."""
        self._paces.pop(key, None)


class Stopwatch:
    """Times what this thread does from now on.

    Args:
        with_work: Whether it is wanted for how long a processor worked.
    """

    def __init__(self, *, with_work: bool = True) -> None:
        self._processor = time.thread_time() if with_work else None
        self._wall = time.perf_counter()

    def around(self, steps: Steps[ResultT]) -> Steps[ResultT]:
        """Takes steps; between them, when others take theirs, it stands still."""
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # a Steps' result
            waited, worked = self.waited(), self.worked()
            yield
            self._wall = time.perf_counter() - waited
            if worked is not None:
                self._processor = time.thread_time() - worked

    def waited(self) -> float:
        """Returns the time since then, seconds."""
        return time.perf_counter() - self._wall

    def worked(self) -> float | None:
        """Returns for how much of it a processor worked for this thread, seconds; None: unknown."""
        return None if self._processor is None else time.thread_time() - self._processor
