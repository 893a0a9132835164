"""Decides whether runs are so short that they need no thread of their own.

TensorFlow runs a graph in threads of its own pool. For a graph that takes microseconds the way
there and back costs several times the run; but only there can a run be ended when its time is over.
So a run stays in the request's thread only where it cannot take long: the latest runs were short,
its inputs are no larger than theirs, and there is no loop in the graph.
"""

from __future__ import annotations

_SHORT_S = 0.001
# On a busy machine a short run may take several times as long as otherwise, and be waited for even
# longer: in between, a run says nothing.
_LONG_S = 0.005
_LONG_WAIT_S = 0.1
_ENOUGH = 20


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

    def is_quick(self, size: int) -> bool:
        """Whether a run can be expected to be short.

        Args:
            size: The bytes of its inputs.
        """
        return self._bounded and self._short_in_a_row >= _ENOUGH and size <= self._largest

    def note(self, seconds: float, size: int, *, waits_included: bool = False) -> None:
        """Takes a run into account.

        Args:
            seconds: Its duration.
            size: The bytes of its inputs.
            waits_included: Whether the duration is that of waiting for the run, and not the time
                that a processor worked on it.
        """
        if seconds < self._short_s:
            self._largest = max(self._largest, size)
            if self._short_in_a_row < _ENOUGH:
                self._short_in_a_row += 1
        elif seconds >= (_LONG_WAIT_S if waits_included else _LONG_S):
            self._short_in_a_row = 0
            # What was as large as this is not known to be short any more.
            self._largest = min(self._largest, size - 1)
