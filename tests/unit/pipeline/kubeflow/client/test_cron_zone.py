"""Time zones of schedules."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pipeline.errors import UsageError
from pipeline.kubeflow.client.cron import parse_cron, to_crontab
from pipeline.kubeflow.client.cron_zone import find_zone, minutes_between, next_change, shifted

UTC = timezone.utc
WINTER, SUMMER = datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
BERLIN, KOLKATA, UTC_ZONE = find_zone("Europe/Berlin"), find_zone("Asia/Kolkata"), find_zone("UTC")


def move(text, minutes):
    return to_crontab(shifted(parse_cron(text), minutes))


def test_the_distance_is_that_of_the_moment():
    assert minutes_between(BERLIN, UTC_ZONE, WINTER) == -60
    assert minutes_between(BERLIN, UTC_ZONE, SUMMER) == -120
    assert minutes_between(KOLKATA, UTC_ZONE, WINTER) == -330
    assert minutes_between(BERLIN, BERLIN, SUMMER) == 0


@pytest.mark.parametrize(
    ("text", "minutes", "moved"),
    [
        ("0 3 * * *", -60, "0 2 * * *"),
        ("0 0 * * *", -60, "0 23 * * *"),
        ("0 0,12 * * *", -60, "0 11,23 * * *"),
        ("*/15 * * * *", -60, "0-45/15 * * * *"),
        ("0 9 * * *", -330, "30 3 * * *"),
        ("*/30 * * * *", -330, "0,30 * * * *"),
        ("0 9 * * 1-5", -60, "0 8 * * 1-5"),
        ("0 0 * * 1-5", -60, "0 23 * * 0-4"),
        ("30 23 * * sat", 120, "30 1 * * 0"),
        ("0 0 15 * *", -60, "0 23 14 * *"),
        ("0 0 15 3 *", -60, "0 23 14 3 *"),
        ("0,20 9,12 * * *", -330, "30,50 3,6 * * *"),
    ],
)
def test_an_expression_moves_with_its_days(text, minutes, moved):
    assert move(text, minutes) == moved


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("0 0 1 * *", -60),  # the last day of the month before, whatever that is
        ("0 0 31 * *", -60),  # April would have a run on the 30th
        ("30 23 28 * *", 60),  # the 29th is not in every February
        ("0 0,12 * * 1", -60),  # Sunday 23:00 and Monday 11:00
        ("0 0 * 3 *", -60),  # the last day of February
    ],
)
def test_what_one_expression_cannot_say_is_refused(text, minutes):
    with pytest.raises(UsageError, match="--timezone"):
        move(text, minutes)


def test_times_that_are_no_product_of_minutes_and_hours_are_refused():
    with pytest.raises(UsageError, match="one minute of the hour"):
        move("0,45 9 * * *", -330)


def test_the_next_change_of_the_clocks():
    assert next_change(BERLIN, UTC_ZONE, WINTER) == datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert next_change(KOLKATA, UTC_ZONE, WINTER) is None
    assert next_change(BERLIN, BERLIN, WINTER) is None
    # The weeks in which New York and Berlin differ by an hour less.
    new_york = find_zone("America/New_York")
    assert next_change(new_york, BERLIN, WINTER) == datetime(2027, 3, 14, 7, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Europe/Berlln", "", "../etc/passwd", "/etc/localtime"])
def test_no_such_zone(name):
    with pytest.raises(UsageError, match="no time zone"):
        find_zone(name)
