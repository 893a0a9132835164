"""Time zones of schedules. A Kubeflow installation reads all its cron expressions in one zone.

It has no time zone for a single schedule, so an expression of another zone is moved by the hours
that lie between the two. Where one of them changes its clocks, those hours change.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.errors import UsageError
from pipeline.kubeflow.client.cron import CronTimes

if TYPE_CHECKING:
    from datetime import tzinfo

_DAY = 24 * 60
_HOUR = 60
_HORIZON = timedelta(days=366)
# Days that every month has, and whose neighbours every month has too.
_SAFE_BEFORE, _SAFE_AFTER = range(2, 29), range(1, 28)
_WEEK = 7


def find_zone(name: str) -> ZoneInfo:
    """Returns a time zone by its name, such as `Europe/Berlin`.

    Raises:
        UsageError: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"no time zone {name}; give a name such as UTC or Europe/Berlin"
        ) from error


def minutes_between(zone: tzinfo, other: tzinfo, moment: datetime) -> int:
    """Returns how many minutes the clocks of one zone are behind another's at a moment."""
    ahead = moment.astimezone(other).utcoffset() or timedelta()
    behind = moment.astimezone(zone).utcoffset() or timedelta()
    return int((ahead - behind).total_seconds()) // 60


def next_change(zone: tzinfo, other: tzinfo, moment: datetime) -> datetime | None:
    """Returns when the hours between two zones change next, UTC; None if not within a year."""
    now = minutes_between(zone, other, moment)
    hour = moment.astimezone(timezone.utc).replace(minute=0, second=0, microsecond=0)
    while hour < moment + _HORIZON:
        hour += timedelta(hours=1)
        if minutes_between(zone, other, hour) != now:
            return hour
    return None


def shifted(times: CronTimes, by: int) -> CronTimes:
    """Moves an expression by some minutes.

    Args:
        times: The expression.
        by: Minutes, less than a day; negative for earlier.

    Raises:
        UsageError: No single expression says the same in the other zone.
    """
    moments = {hour * _HOUR + minute + by for hour in times.hours for minute in times.minutes}
    minutes = frozenset(moment % _HOUR for moment in moments)
    hours = frozenset(moment % _DAY // _HOUR for moment in moments)
    if len(minutes) * len(hours) != len(moments):
        raise UsageError(
            "--timezone: in Kubeflow's own zone these times are no single cron expression; give "
            "one minute of the hour, or the times in Kubeflow's zone"
        )
    if times.days is None and times.months is None and times.weekdays is None:
        return CronTimes(minutes, hours)
    carries = {moment // _DAY for moment in moments}
    if carries == {0}:
        return times._replace(minutes=minutes, hours=hours)
    if len(carries) > 1:
        raise _days_problem()
    return _with_days_moved(times, carries.pop())._replace(minutes=minutes, hours=hours)


def _with_days_moved(times: CronTimes, by: int) -> CronTimes:
    """Moves the days by one; refuses where that depends on the length of a month."""
    safe = _SAFE_AFTER if by > 0 else _SAFE_BEFORE
    days_move = times.days is None or times.days <= frozenset(safe)
    crosses_months = times.months is not None and (times.days is None or times.weekdays is not None)
    if not days_move or crosses_months:
        raise _days_problem()
    return times._replace(
        days=times.days and frozenset(day + by for day in times.days),
        weekdays=times.weekdays and frozenset((day + by) % _WEEK for day in times.weekdays),
    )


def _days_problem() -> UsageError:
    return UsageError(
        "--timezone: in Kubeflow's own zone these times fall on other days, which no single cron "
        "expression says; give the times in Kubeflow's zone"
    )
