"""Cron expressions: from five fields to Kubeflow's six."""

from __future__ import annotations

import itertools
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.kubeflow.client.cron import next_times, parse_cron, to_crontab, to_kubeflow


@pytest.mark.parametrize(
    ("given_text", "sent"),
    [
        ("0 3 * * *", "0 0 3 * * *"),
        ("  0   3 * * * ", "0 0 3 * * *"),
        ("*/15 * * * *", "0 0-45/15 * * * *"),
        ("5,35 8-18 * * *", "0 5,35 8-18 * * *"),
        ("0 3 * * 7", "0 0 3 * * 0"),
        ("0 3 * * 5-7", "0 0 3 * * 0,5,6"),
        ("0 3 * * fri-mon", "0 0 3 * * 0,1,5,6"),
        ("0 3 * * MON-FRI", "0 0 3 * * 1-5"),
        ("0 3 * jan,JUL *", "0 0 3 * 1,7 *"),
        ("0 22-2 * * *", "0 0 0,1,2,22,23 * * *"),
        ("0 3 ? * 1", "0 0 3 * * 1"),
        ("0 3 1-31/2 * 1", "0 0 3 1-31/2 * 1"),
        ("0 3 1,15 * 1", "0 0 3 1,15 * 1"),
        ("@daily", "0 0 0 * * *"),
        ("@Weekly", "0 0 0 * * 0"),
        ("@hourly", "0 0 * * * *"),
    ],
)
def test_five_fields_become_six_with_seconds_first(given_text, sent):
    assert to_kubeflow(parse_cron(given_text)) == sent


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("0 0 3 * * *", "has six fields; leave the seconds out"),
        ("3 * *", "has 3 fields, not five"),
        ("", "has 0 fields"),
        ("60 * * * *", "out of range"),
        ("a b c d e", "not acceptable"),
        ("@reboot", "has 1 fields"),
        ("@every 6h", "has 2 fields"),
        ("0 3 L * *", "write the days out"),
        ("0 3 * * mon#1", "write the days out"),
        ("R * * * *", "numbers, names, lists"),
        ("0 3 */2 * 1", "means different days in different crons"),
        ("0 3 1 * */2", "means different days in different crons"),
        ("TZ=Europe/Berlin 0 3 * * *", "has six fields"),
        ("0 3 * * *,1", "a list with"),
        ("*,5 3 * * *", "a list with"),
        ("0 3 1,* * *", "a list with"),
    ],
)
def test_what_kubeflow_would_shift_or_misread_is_refused(text, complaint):
    with pytest.raises(UsageError, match=complaint.replace("(", r"\(")):
        parse_cron(text)


def test_a_day_that_never_comes_is_refused():
    # Kubeflow's controller would look for it for ever.
    with pytest.raises(UsageError, match="no such day"):
        next(next_times(parse_cron("0 3 30 2 *"), datetime(2026, 1, 1, tzinfo=timezone.utc)))


def test_every_day_of_the_month_beside_a_weekday_stays_a_restriction():
    # As a star it would be both at once: Mondays only.
    assert to_kubeflow(parse_cron("0 3 1-31 * 1")) == "0 0 3 1-31 * 1"


_minutes = st.sets(st.integers(0, 59), min_size=1)
_hours = st.sets(st.integers(0, 23), min_size=1)


@given(minutes=_minutes, hours=_hours)
def test_what_is_written_means_what_was_read(minutes, hours):
    text = f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * *"
    times = parse_cron(text)

    assert parse_cron(to_crontab(times)) == times
    assert (times.minutes, times.hours) == (minutes, hours)


def test_next_times():
    after = datetime(2026, 11, 21, 2, 59, tzinfo=timezone.utc)
    moments = list(itertools.islice(next_times(parse_cron("0 3 * * *"), after), 2))

    assert [moment.isoformat() for moment in moments] == [
        "2026-11-21T03:00:00+00:00",
        "2026-11-22T03:00:00+00:00",
    ]
