"""What is told of a schedule: its next times, and what happens when clocks change."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timezone
from typing import TYPE_CHECKING

from pipeline.kubeflow.client.schedule_timing import clock_change, upcoming

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pipeline.kubeflow.client.schedule_plan import Schedule
    from pipeline.kubeflow.client.schedule_timing import Timing


def next_times_of(made: Schedule, now: datetime) -> list[str]:
    """Returns the next three times of a schedule, in its zone and in UTC."""
    if made.timing is None:
        return []
    moments = upcoming(made.timing, made.trigger, now)
    texts = [f"{moment:%a %Y-%m-%d %H:%M} {made.timing.timezone}" for moment in moments]
    if made.timing.timezone == "UTC":
        return texts
    times = (moment.astimezone(timezone.utc) for moment in moments)
    return [f"{text} ({time:%a %H:%M} UTC)" for text, time in zip(texts, times, strict=True)]


def clock_lines(timing: Timing, now: datetime) -> Iterator[str]:
    """Yields what happens when clocks change: Kubeflow has one time zone for all schedules."""
    change = clock_change(timing, now)
    if change is None:
        return
    moment, minutes = change
    by = f"{abs(minutes)} minutes {'later' if minutes > 0 else 'earlier'}"
    yield (
        f"Kubeflow counts in {timing.kubeflow_timezone}: from {moment:%Y-%m-%d} on it runs {by} by "
        f"the clocks of {timing.timezone}, until the same command is given again"
    )


def schedule_fields(made: Schedule, now: datetime) -> dict[str, object]:
    """Returns a schedule as `--json` shows it."""
    times = upcoming(made.timing, made.trigger, now) if made.timing and made.enabled else []
    return {
        "schedule_id": made.schedule_id,
        "name": made.name,
        "enabled": made.enabled,
        "pipeline_id": made.pipeline_id,
        "version_id": made.version_id,
        "timing": asdict(made.timing) if made.timing else None,
        "cron": made.trigger.cron,
        "interval_seconds": made.trigger.interval,
        "next": [moment.isoformat() for moment in times],
    }
