"""Rounds the time that a request has left to one of a few limits.

TensorFlow fixes the time limit of a prepared call when it is prepared, which takes milliseconds. So
calls are prepared for a few limits only, and a request gets the next one above what it has left: a
run that nobody waits for any more ends, if late.
"""

from __future__ import annotations

import math

from serving.errors import DeadlineExceededError

_SHORTEST_MS = 16
_STEP = 4
_LIMITS_MS = tuple(_SHORTEST_MS * _STEP**power for power in range(8))
NO_LIMIT_MS = 0


class Limits:
    """The limits for which calls are prepared.

    Args:
        usual_ms: What most requests have, milliseconds: one of the limits; 0 is none.
    """

    def __init__(self, usual_ms: int = NO_LIMIT_MS) -> None:
        usual = (usual_ms,) if usual_ms > 0 else ()
        self._limits_ms = sorted({*_LIMITS_MS, *usual})

    def limit_ms(self, timeout_s: float | None) -> int:
        """Returns the limit for a request, milliseconds; 0 is none.

        Args:
            timeout_s: The time that it has left, seconds; None is for ever.
        """
        if timeout_s is None:
            return NO_LIMIT_MS
        wanted_ms = math.ceil(timeout_s * 1000) if math.isfinite(timeout_s) else math.inf
        return next((limit for limit in self._limits_ms if limit >= wanted_ms), NO_LIMIT_MS)


def check_in_time(took_s: float, timeout_s: float | None) -> None:
    """Refuses an answer that comes too late: it must not count as one.

    Args:
        took_s: How long it took, seconds.
        timeout_s: How long it might take; None is any time.

    Raises:
        DeadlineExceededError: It took longer.
    """
    if timeout_s is not None and took_s > timeout_s:
        raise DeadlineExceededError("The request's time was over before the model was done.")


def too_late() -> DeadlineExceededError:
    """Returns the error of a request whose model did not run because its time was over."""
    return DeadlineExceededError("The request's time was over before the model ran.")
