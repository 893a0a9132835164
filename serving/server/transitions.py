"""Decides what to load and unload next. Free of time, threads and TensorFlow.

The usual policy preserves availability: a version that answers is let go only when a wanted one
answers, or when no version is wanted at all. The other one preserves resources: what is no longer
wanted goes first, so that two versions never need memory at the same time.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from serving.errors import ServingError


class State(enum.Enum):
    """The life of a version; numbers as in TensorFlow Serving's `ModelVersionStatus`."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


_IN_MEMORY = frozenset({State.AVAILABLE, State.UNLOADING})


@dataclass(frozen=True)
class VersionStatus:
    """Where a version is in its life.

    Attributes:
        version: The version's number.
        state: Its state.
        error: Why the last try to load it failed; None when it did not fail.
        failures: How many tries to load it failed in a row.
        retry_at: When the next try is due, on the clock of `plan`; None when none is due.
        abandoned: Whether nobody wanted the version after it had failed, so that it may be tried
            again once somebody does.
    """

    version: int
    state: State
    error: ServingError | None = None
    failures: int = 0
    retry_at: float | None = None
    abandoned: bool = False

    @property
    def gave_up(self) -> bool:
        """Whether the version failed to load for good."""
        return self.state is State.END and self.error is not None


@dataclass(frozen=True)
class RetryPolicy:
    """How often a failed load is tried again, and after how many seconds."""

    max_retries: int
    interval_s: float

    def after_failure(
        self, version: int, error: ServingError, failures: int, now: float
    ) -> VersionStatus:
        """Returns the status of a version after its `failures`-th failure in a row."""
        if failures > self.max_retries:
            return VersionStatus(version, State.END, error, failures)
        retry_at = now + max(self.interval_s, 0)
        return VersionStatus(version, State.LOADING, error, failures, retry_at)


@dataclass(frozen=True)
class Plan:
    """What to do now: versions to load (newest first), to unload, and to give up waiting for."""

    load: tuple[int, ...] = ()
    unload: tuple[int, ...] = ()
    abandon: tuple[int, ...] = ()


def plan(
    wanted: Collection[int],
    statuses: Mapping[int, VersionStatus],
    now: float,
    *,
    preserve_resources: bool = False,
) -> Plan:
    """Compares what is wanted with what is.

    Args:
        wanted: The versions that should be served.
        statuses: Every version that was ever seen.
        now: Seconds on the clock that `VersionStatus.retry_at` uses.
        preserve_resources: Whether old versions go before new ones come.
    """
    load = [v for v in wanted if _loadable(statuses.get(v), now)]
    unwanted = [s for v, s in statuses.items() if v not in wanted]
    available = {v for v, s in statuses.items() if s.state is State.AVAILABLE}
    may_unload = preserve_resources or not wanted or bool(available.intersection(wanted))
    may_load = not (preserve_resources and any(s.state in _IN_MEMORY for s in unwanted))
    return Plan(
        load=tuple(sorted(load, reverse=True)) if may_load else (),
        unload=tuple(s.version for s in unwanted if may_unload and s.version in available),
        abandon=tuple(s.version for s in unwanted if s.error and not s.abandoned),
    )


def _loadable(status: VersionStatus | None, now: float) -> bool:
    if status is None:
        return True
    if status.retry_at is not None:
        return status.retry_at <= now
    return status.state is State.END and (status.error is None or status.abandoned)
