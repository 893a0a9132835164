"""How long a search may take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class TimeBudget:
    """Seconds that a search may use, from `start` on.

    Args:
        seconds: The budget, more than 0.
        clock: Seconds of a clock that only goes forward.

    Raises:
        ValueError: The budget is not positive.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        if seconds <= 0:
            raise ValueError(f"tuner.time_budget_seconds is more than 0, not {seconds}")
        self.seconds = seconds
        self._clock = clock
        self._deadline: float | None = None

    def start(self) -> None:
        """Starts the clock; a budget that was never started is never used up."""
        self._deadline = self._clock() + self.seconds

    def used_up(self) -> bool:
        """Whether the time is over."""
        return self._deadline is not None and self._clock() >= self._deadline
