"""When a schedule runs."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from pipeline.errors import UsageError
from pipeline.kubeflow.client.schedule_timing import (
    Timing,
    Trigger,
    check_that_it_runs,
    clock_change,
    make_timing,
    trigger_of,
    upcoming,
)

NOW = datetime(2026, 11, 21, 17, 30, tzinfo=timezone.utc)


def timing(**asked):
    empty = dict.fromkeys(("cron", "every", "zone", "start", "end"))
    return make_timing(**{**empty, "kubeflow_zone": "UTC", **asked})


def texts(moments):
    return [moment.isoformat() for moment in moments]


def test_a_cron_expression_in_another_zone_is_sent_in_kubeflows():
    asked = timing(cron="0 3 * * *", zone="Europe/Berlin")
    trigger = trigger_of(asked, NOW)

    assert trigger == Trigger(cron="0 0 2 * * *")
    assert texts(upcoming(asked, trigger, NOW, 2)) == [
        "2026-11-22T03:00:00+01:00",
        "2026-11-23T03:00:00+01:00",
    ]


def test_a_kubeflow_that_counts_in_the_same_zone_is_told_the_same_and_follows_its_clocks():
    asked = timing(cron="0 3 * * *", zone="Europe/Berlin", kubeflow_zone="Europe/Berlin")

    assert trigger_of(asked, NOW).cron == "0 0 3 * * *"
    assert clock_change(asked, NOW) is None


def test_the_change_of_clocks_is_told():
    moment, later = clock_change(timing(cron="0 3 * * *", zone="Europe/Berlin"), NOW)

    assert moment.isoformat() == "2027-03-28T03:00:00+02:00"
    assert later == 60
    assert clock_change(timing(cron="0 3 * * *"), NOW) is None
    assert clock_change(timing(every="6h", zone="Europe/Berlin"), NOW) is None


def test_after_the_clocks_changed_the_same_command_is_another_schedule():
    asked = timing(cron="0 3 * * *", zone="Europe/Berlin")

    assert trigger_of(asked, NOW).cron != trigger_of(asked, NOW + timedelta(days=180)).cron


def test_a_start_that_is_ahead_is_the_first_time_that_counts():
    asked = timing(cron="0 3 * * *", start="2026-12-01T03:00")
    trigger = trigger_of(asked, NOW)

    # Kubeflow runs at the first time after its start.
    assert trigger.start == datetime(2026, 12, 1, 2, 59, 59, tzinfo=timezone.utc)
    assert texts(upcoming(asked, trigger, NOW, 1)) == ["2026-12-01T03:00:00+00:00"]


def test_a_start_that_has_passed_is_not_sent():
    # Kubeflow would run at once, for the times since.
    assert trigger_of(timing(cron="0 3 * * *", start="2026-11-01"), NOW).start is None


def test_an_interval_begins_to_count_now():
    asked = timing(every="6h")
    trigger = trigger_of(asked, NOW)

    assert trigger == Trigger(interval=21600, start=NOW)
    assert texts(upcoming(asked, trigger, NOW, 2)) == [
        "2026-11-21T23:30:00+00:00",
        "2026-11-22T05:30:00+00:00",
    ]


def test_an_interval_with_a_start_runs_first_at_the_start():
    asked = timing(every="6h", start="2026-12-01T06:00")
    trigger = trigger_of(asked, NOW)

    # Kubeflow runs first one interval after what it is told.
    assert trigger.start == datetime(2026, 12, 1, 0, tzinfo=timezone.utc)
    assert texts(upcoming(asked, trigger, NOW, 1)) == ["2026-12-01T06:00:00+00:00"]


def test_a_schedule_that_moves_to_a_new_version_keeps_its_beat():
    asked = timing(every="6h")
    began = NOW - timedelta(hours=20)
    trigger = trigger_of(asked, NOW, last_begin=began)

    assert trigger.start == began + timedelta(hours=18)
    assert texts(upcoming(asked, trigger, NOW, 1)) == ["2026-11-21T21:30:00+00:00"]


def test_an_end_ends_it():
    asked = timing(cron="0 3 * * *", end="2026-11-23")
    trigger = trigger_of(asked, NOW)

    assert texts(upcoming(asked, trigger, NOW)) == ["2026-11-22T03:00:00+00:00"]


@pytest.mark.parametrize(
    "asked",
    [
        {"cron": "0 3 * * *", "start": "2020-01-01", "end": "2020-02-01"},
        {"cron": "0 3 * * *", "end": "2026-11-22T02:59"},
        {"every": "6h", "end": "2026-11-21T23:00"},
        {"every": "1d", "start": "2020-01-01", "end": "2020-02-01"},
    ],
)
def test_a_schedule_that_would_never_run_is_refused(asked):
    with pytest.raises(UsageError, match=r"^--end 20\S+: the schedule would never run"):
        check_that_it_runs(timing(**asked), NOW)


def test_a_schedule_may_run_once():
    check_that_it_runs(timing(cron="0 3 * * *", end="2026-11-22T03:00"), NOW)
    check_that_it_runs(timing(every="6h", end="2026-11-21T23:30"), NOW)


def test_times_without_a_zone_are_in_the_one_that_was_asked_for():
    asked = timing(every="6h", zone="Europe/Berlin", start="2026-12-01T06:00")

    assert asked.start == "2026-12-01T06:00:00+01:00"


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({}, "give either --cron"),
        ({"cron": "0 3 * * *", "every": "6h"}, "give either --cron"),
        ({"cron": "0 3 30 2 *"}, "no such day"),
        ({"cron": "0 3 * * *", "start": "tomorrow"}, "--start tomorrow: give a date"),
        ({"every": "6h", "start": "2026-12-02", "end": "2026-12-01"}, "is not after --start"),
        ({"cron": "0 3 * * *", "zone": "Mars/Olympus"}, "no time zone Mars/Olympus"),
    ],
)
def test_what_cannot_be(asked, complaint):
    with pytest.raises(UsageError, match=complaint):
        timing(**asked)


def test_what_was_asked_for_is_found_again_in_the_description():
    asked = timing(cron="0 3 * * *", zone="Europe/Berlin", end="2027-01-01")

    assert Timing.from_text(json.dumps(asked.to_fields())) == asked
    for description in (None, "", "nightly", "[1]", '{"tidemill": {"of": "the future"}}'):
        assert Timing.from_text(description) is None
