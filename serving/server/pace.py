"""Decides whether the runs of a signature are so short that they need no thread of their own.

TensorFlow runs a graph in threads of its own pool. For a graph that takes microseconds the way
there and back costs several times the run; but only there can a run be ended when its time is over.
"""

from __future__ import annotations

_SHORT_S = 0.001
_ENOUGH = 20


class Pace:
    """How long the latest runs of a signature took."""

    def __init__(self) -> None:
        self._short_in_a_row = 0

    @property
    def is_quick(self) -> bool:
        """Whether the last twenty runs were all shorter than a millisecond."""
        return self._short_in_a_row >= _ENOUGH

    def note(self, seconds: float) -> None:
        """Takes the duration of a run into account."""
        if seconds >= _SHORT_S:
            self._short_in_a_row = 0
        elif self._short_in_a_row < _ENOUGH:
            self._short_in_a_row += 1
