"""When a schedule runs: what a person asked for, and what Kubeflow is told.

Pure, apart from the database of time zones.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from pipeline.errors import UsageError
from pipeline.kubeflow.client.cron import next_times, parse_cron, to_kubeflow
from pipeline.kubeflow.client.cron_zone import find_zone, minutes_between, next_change, shifted
from pipeline.kubeflow.client.intervals import interval_text, parse_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.kubeflow.client.cron import CronTimes

_MARK = "tidemill"
_SOON = 3
# From here every day of the calendar comes within the years that are searched.
_BEGIN_OF_SEARCH = datetime(2024, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Timing:
    """What was asked for.

    Attributes:
        cron: Five fields, or None.
        every: Seconds between runs, or None.
        timezone: Time zone of `cron`, and of what is shown.
        start: No run before this, ISO 8601 with its offset; empty: from now on. With `every`, the
            first run.
        end: No run after this, ISO 8601 with its offset; empty: for ever.
        kubeflow_timezone: The zone in which this Kubeflow reads cron expressions.
    """

    cron: str | None = None
    every: int | None = None
    timezone: str = "UTC"
    start: str = ""
    end: str = ""
    kubeflow_timezone: str = "UTC"

    def to_fields(self) -> dict[str, Any]:
        """Returns it as the part of a schedule's description on Kubeflow."""
        return {_MARK: {k: v for k, v in asdict(self).items() if v}}

    @classmethod
    def from_text(cls, description: str | None) -> Timing | None:
        """Reads a description that has it; None for a schedule that Tidemill did not make."""
        try:
            fields = json.loads(description or "")[_MARK]
            return cls(**fields)
        except (ValueError, KeyError, TypeError):
            return None

    def in_words(self) -> str:
        """Returns it as a person reads it."""
        if self.every is not None:
            return f"every {interval_text(self.every)}"
        return f"{self.cron} {self.timezone}"


@dataclass(frozen=True)
class Trigger:
    """What Kubeflow is told.

    Attributes:
        cron: Six fields, or None.
        interval: Seconds, or None.
        start: When its counting begins, or None.
        end: When it ends, or None.
    """

    cron: str | None = None
    interval: int | None = None
    start: datetime | None = None
    end: datetime | None = None


def make_timing(
    cron: str | None,
    every: str | None,
    zone: str | None,
    start: str | None,
    end: str | None,
    kubeflow_zone: str,
) -> Timing:
    """Checks what was asked for.

    Args:
        cron: Five fields, or None.
        every: An interval, such as `6h`, or None.
        zone: Time zone of `cron`, `start` and `end`; None: Kubeflow's own.
        start: Date or time, ISO 8601, or None.
        end: Date or time, ISO 8601, or None.
        kubeflow_zone: The zone in which this Kubeflow reads cron expressions.

    Raises:
        UsageError: It cannot be.
    """
    if (cron is None) == (every is None):
        raise UsageError('give either --cron "0 3 * * *" or --every 6h')
    zone = zone or kubeflow_zone
    find_zone(zone)
    first, last = _moment("--start", start, zone), _moment("--end", end, zone)
    if first and last and last <= first:
        raise UsageError(f"--end {end} is not after --start {start}")
    timing = Timing(
        cron=None if cron is None else " ".join(cron.split()),
        every=None if every is None else parse_interval(every),
        timezone=zone,
        start=first.isoformat() if first else "",
        end=last.isoformat() if last else "",
        kubeflow_timezone=kubeflow_zone,
    )
    if timing.cron is not None:
        # A day that never comes is found here, and one that cannot be said in the other zone.
        next(next_times(times_for_kubeflow(timing, datetime.now(timezone.utc)), _BEGIN_OF_SEARCH))
    return timing


def check_that_it_runs(timing: Timing, now: datetime) -> None:
    """Checks that a schedule runs at least once.

    Raises:
        UsageError: Its end comes before its first time.
    """
    if not upcoming(timing, trigger_of(timing, now), now, 1):
        raise UsageError(f"--end {timing.end}: the schedule would never run; give a later end")


def times_for_kubeflow(timing: Timing, now: datetime) -> CronTimes:
    """Returns a cron expression in Kubeflow's own zone, by the clocks of now."""
    assert timing.cron is not None
    zone, kubeflow = find_zone(timing.timezone), find_zone(timing.kubeflow_timezone)
    return shifted(parse_cron(timing.cron), minutes_between(zone, kubeflow, now))


def trigger_of(timing: Timing, now: datetime, last_begin: datetime | None = None) -> Trigger:
    """Returns what Kubeflow is told.

    Args:
        timing: What was asked for.
        now: The time.
        last_begin: With an interval: when the counting of a schedule began that this one follows,
            so that moving a schedule to a new version does not put its next run off.
    """
    start = datetime.fromisoformat(timing.start) if timing.start else None
    end = datetime.fromisoformat(timing.end) if timing.end else None
    if timing.every is not None:
        begin = _begin(timedelta(seconds=timing.every), start, last_begin, now)
        return Trigger(interval=timing.every, start=begin, end=end)
    # Kubeflow would run at once for a time between a start that has passed and now.
    is_ahead = start is not None and start > now
    return Trigger(
        cron=to_kubeflow(times_for_kubeflow(timing, now)),
        # Its first run is the first time after the start, not at it.
        start=start - timedelta(seconds=1) if start and is_ahead else None,
        end=end,
    )


def upcoming(timing: Timing, trigger: Trigger, now: datetime, count: int = _SOON) -> list[datetime]:
    """Returns the next times at which a schedule runs, in the zone that was asked for."""
    zone = find_zone(timing.timezone)
    times = itertools.takewhile(
        lambda moment: trigger.end is None or moment <= trigger.end, _times(timing, trigger, now)
    )
    return [moment.astimezone(zone) for moment in itertools.islice(times, count)]


def clock_change(timing: Timing, now: datetime) -> tuple[datetime, int] | None:
    """Returns when a schedule will begin to run at another time of the day, and by how much.

    Returns:
        The moment, in the zone that was asked for, and minutes, positive for later; None if the two
        zones keep their distance.
    """
    if timing.cron is None:
        return None
    zone, kubeflow = find_zone(timing.timezone), find_zone(timing.kubeflow_timezone)
    change = next_change(zone, kubeflow, now)
    if change is None:
        return None
    later = minutes_between(zone, kubeflow, now) - minutes_between(zone, kubeflow, change)
    return change.astimezone(zone), later


def _begin(
    every: timedelta, start: datetime | None, last_begin: datetime | None, now: datetime
) -> datetime:
    """Returns when the counting begins: one interval before the first run, and not long ago.

    Kubeflow runs first one interval after the start that it is told; at once if that has passed.
    """
    if start is not None and start > now:
        return start - every
    anchor = start or last_begin
    if anchor is None or anchor > now:
        return now.replace(microsecond=0)
    return anchor + (now - anchor) // every * every


def _times(timing: Timing, trigger: Trigger, now: datetime) -> Iterator[datetime]:
    if trigger.interval is not None:
        assert trigger.start is not None
        every = timedelta(seconds=trigger.interval)
        passed = max(0, (now - trigger.start) // every)
        yield from (trigger.start + every * (passed + count) for count in itertools.count(1))
    after = max(filter(None, (now, trigger.start)))
    kubeflow = find_zone(timing.kubeflow_timezone)
    yield from next_times(times_for_kubeflow(timing, now), after.astimezone(kubeflow))


def _moment(option: str, text: str | None, zone: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise UsageError(
            f"{option} {text}: give a date or a time, such as 2026-12-01 or 2026-12-01T06:00"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=find_zone(zone))
