"""Asking Kubernetes again, where what it refused may pass."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from components.infra_validator.cluster.refusals import ClusterRefusedError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

_RETRY_SECONDS = 3.0
# An API server that is replaced by a new one is away for less.
AWAY_SECONDS = 90.0
AWAY = frozenset({Refusal.AWAY})
_log = logging.getLogger(__name__)

Returned = TypeVar("Returned")


@dataclass(frozen=True)
class Clock:
    """The time, so that tests need not wait.

    Attributes:
        now: Seconds, never going backwards.
        pause: Waits for some seconds.
    """

    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


def retried(
    call: Callable[[], Returned],
    clock: Clock,
    passing: frozenset[Refusal] = AWAY,
    seconds: float = AWAY_SECONDS,
) -> Returned:
    """Calls until there is an answer.

    Args:
        call: What to call.
        clock: The time.
        passing: Refusals after which to call again.
        seconds: For how long.

    Raises:
        ClusterRefusedError: Of another kind, or still after that time.
    """
    deadline = clock.now() + seconds
    while True:
        try:
            return call()
        except ClusterRefusedError as error:
            if error.kind not in passing or clock.now() > deadline:
                raise
            _log.info("%s", error)
        clock.pause(_RETRY_SECONDS)
