"""A request of the REST API, as it came. Free of HTTP libraries."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from serving.errors import DeadlineExceededError
from serving.server.metrics import RequestNotes


@dataclass
class RestRequest:
    """What is asked for, and by when.

    Attributes:
        method: The HTTP method.
        path: The path as it was sent, query string included.
        body: The body, after it was unpacked.
        timeout_s: How long the answer may take, seconds; None is any time.
        came: When it came, on the monotonic clock.
        notes: What comes to be known of it.
    """

    method: str
    path: str
    body: bytes = b""
    timeout_s: float | None = None
    came: float = field(default_factory=time.monotonic)
    notes: RequestNotes = field(default_factory=RequestNotes)

    def time_left(self) -> float | None:
        """Returns how long the answer may still take, seconds; None is any time.

        Raises:
            DeadlineExceededError: Its time is over.
        """
        if self.timeout_s is None:
            return None
        left = self.came + self.timeout_s - time.monotonic()
        if left <= 0:
            raise self.too_late()
        return left

    def too_late(self) -> DeadlineExceededError:
        """Returns the error of a request whose time is over."""
        return DeadlineExceededError(f"The request took longer than {self.timeout_s:g} seconds.")
