"""Decides whether a call that failed is repeated, and when. Free of IO."""

from __future__ import annotations

from dataclasses import dataclass

from serving.errors import ServingError, UnavailableError


@dataclass(frozen=True)
class Retries:
    """How calls are repeated that nobody answered.

    Only those: where a connection is refused, or the server says UNAVAILABLE, the model has not
    judged the request, and asking again is safe. A wait is drawn between zero and a bound that
    doubles with each failure, so that clients that failed together do not come back together.

    Attributes:
        count: How often a call is repeated at most; 0 is never.
        first_s: The first bound, seconds.
        most_s: The greatest bound, seconds.
    """

    count: int = 2
    first_s: float = 0.1
    most_s: float = 2.0

    def wait_s(
        self, error: ServingError, failures: int, left_s: float, draw: float
    ) -> float | None:
        """Returns how long to wait before the next try; None when there is none.

        Args:
            error: What came of the last try.
            failures: How many tries have failed, this one included.
            left_s: The time that the call has left, seconds.
            draw: A random number from 0 to 1.
        """
        if not isinstance(error, UnavailableError) or failures > self.count:
            return None
        # Kept from overflowing for those who repeat without end.
        doubled = self.first_s * 2.0 ** min(failures - 1, 64)
        wait_s = draw * min(self.most_s, doubled)
        return wait_s if wait_s < left_s else None


NEVER = Retries(count=0)
