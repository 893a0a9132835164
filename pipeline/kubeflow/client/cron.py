"""Cron expressions: the five fields that people write, and the six that Kubeflow Pipelines reads.

Kubeflow's dialect (robfig/cron v1) puts seconds first and takes a five-field expression all the
same, every field shifted by one. It knows neither 7 for Sunday nor ranges across an end such as
fri-mon, and a day that never comes, such as February 30, keeps its controller busy for ever. So
what is sent there is written anew from the meaning of what was given.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_DAY, _WEEKDAY = 2, 4
_ALIASES = frozenset(
    {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
)
_SIX = 6
# A step needs this many values to be shorter, and plainer, than their list.
_LEAST_FOR_A_STEP = 4
# Kubeflow looks no further ahead for the next time.
_YEARS_AHEAD = 5
_HELP = "give minute, hour, day of the month, month, day of the week, such as '0 3 * * *'"


class CronTimes(NamedTuple):
    """What an expression means: the values that each field allows; None is every day or month.

    With both days and weekdays, a day that is one of either counts, as in every cron.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None = None
    months: frozenset[int] | None = None
    weekdays: frozenset[int] | None = None


def parse_cron(text: str) -> CronTimes:
    """Reads a five-field expression, or one of `@hourly` to `@yearly`.

    Raises:
        UsageError: It is no such expression, or crons disagree about what it means.
    """
    from croniter import CroniterError, croniter

    fields = text.lower().split()
    if len(fields) != len(_FIELDS) and text.strip().lower() not in _ALIASES:
        raise UsageError(f"--cron {text!r}: {_count_problem(len(fields))}")
    try:
        values, nth = croniter.expand(" ".join(fields))
    except (CroniterError, ValueError) as error:
        raise UsageError(f"--cron {text!r}: {error}; {_HELP}") from error
    last_or_nth = bool(nth) or any("l" in field for field in values)
    if last_or_nth or _has_letters(fields):
        raise UsageError(
            f"--cron {text!r}: Kubeflow knows numbers, names, lists, ranges and steps only; write "
            "the days out"
        )
    _refuse_ambiguous_days(text, fields, values)
    if any("*" in field and field != ["*"] for field in values):
        raise UsageError(
            f"--cron {text!r}: a list with * in it means different times in different crons; write "
            "* or the list"
        )
    minutes, hours, *days = (
        None if field == ["*"] else frozenset(map(int, field)) for field in values
    )
    return CronTimes(minutes or _all(0), hours or _all(1), *days)


def _has_letters(fields: Sequence[str]) -> bool:
    """Says whether there are letters where no name can be: croniter's own `H` and `R`."""
    return len(fields) > 1 and any(re.search("[a-z]", field) for field in fields[: _DAY + 1])


def _count_problem(count: int) -> str:
    if count == _SIX:
        return f"has six fields; leave the seconds out: {_HELP}"
    return f"has {count} fields, not five; {_HELP}"


def _refuse_ambiguous_days(
    text: str, fields: Sequence[str], values: Sequence[Sequence[object]]
) -> None:
    """Refuses `*/2` beside a day of the week: crons disagree whether either day will do."""
    for one, other in ((_DAY, _WEEKDAY), (_WEEKDAY, _DAY)):
        stepped = len(fields) > 1 and fields[one].startswith(("*/", "?/"))
        if stepped and values[one] != ["*"] and values[other] != ["*"]:
            raise UsageError(
                f"--cron {text!r}: {fields[one]} beside {fields[other]} means different days in "
                "different crons; write the days out, such as 1-31/2"
            )


def to_kubeflow(times: CronTimes) -> str:
    """Returns Kubeflow's six fields: `0 0 3 * * *` for 3 o'clock every day."""
    return f"0 {to_crontab(times)}"


def to_crontab(times: CronTimes) -> str:
    """Returns five fields in numbers."""
    return " ".join(
        "*" if values is None else _field(sorted(values), bounds)
        for values, bounds in zip(times, _BOUNDS, strict=True)
    )


def next_times(times: CronTimes, after: datetime) -> Iterator[datetime]:
    """Yields when an expression comes true, each later than the one before.

    Args:
        times: The expression.
        after: A moment, in the time zone in which the expression is read.

    Raises:
        UsageError: It never does.
    """
    from croniter import CroniterBadDateError, croniter

    moments = croniter(to_crontab(times), after, max_years_between_matches=_YEARS_AHEAD)
    while True:
        try:
            moment = moments.get_next(type(after))
        except CroniterBadDateError as error:
            raise UsageError(
                f"--cron: there is no such day within five years ({to_crontab(times)})"
            ) from error
        yield moment


def _all(field: int) -> frozenset[int]:
    lowest, highest = _BOUNDS[field]
    return frozenset(range(lowest, highest + 1))


def _field(values: list[int], bounds: tuple[int, int]) -> str:
    """Writes the values of a field: a list, unless they are evenly spaced."""
    lowest, highest = bounds
    # The days must not become a star, which changes how days and weekdays go together.
    if values == list(range(lowest, highest + 1)) and bounds in _BOUNDS[:_DAY]:
        return "*"
    steps = {later - earlier for earlier, later in itertools.pairwise(values)}
    if len(values) < _LEAST_FOR_A_STEP or len(steps) != 1:
        return ",".join(map(str, values))
    (step,) = steps
    return f"{values[0]}-{values[-1]}" + ("" if step == 1 else f"/{step}")
