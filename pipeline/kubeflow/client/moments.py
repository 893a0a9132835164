"""Moments as Kubeflow tells them: it writes 1970 for one that has not come."""

from __future__ import annotations

from datetime import datetime, timezone

EPOCH = datetime.fromtimestamp(0, timezone.utc)


def moment_of(told: datetime | None) -> datetime | None:
    """Returns a moment that Kubeflow tells; None if it has not come."""
    return None if told is None or told <= EPOCH else told
