"""Waiting for what comes to pass elsewhere: in another process or thread that gives no event."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 60


def wait_until(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Asks again and again until a condition holds.

    Args:
        condition: What to ask.
        patience_s: After so long the test has failed instead of hanging, seconds.
    """
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {patience_s:g} s"
        time.sleep(0.02)
