"""What is changed so that one schedule is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from pipeline.kubeflow.client.schedule_plan import Schedule, Wanted, plan
from pipeline.kubeflow.client.schedule_timing import Timing, Trigger

MADE = datetime(2026, 11, 21, tzinfo=timezone.utc)
TIMING = Timing(cron="0 3 * * *")
WANTED = Wanted("taxi", "p", "v2", "e", {"span": ""}, "", TIMING, "0 0 3 * * *")
RIGHT = Schedule(
    schedule_id="s1",
    name="taxi",
    enabled=True,
    created=MADE,
    pipeline_id="p",
    version_id="v2",
    experiment_id="e",
    parameters={"span": ""},
    service_account="pipeline-runner",
    trigger=Trigger(cron="0 0 3 * * *"),
    timing=TIMING,
)
OLD = replace(RIGHT, schedule_id="s0", version_id="v1")


def test_the_first_one_is_made():
    assert plan(WANTED, []) == (None, (), True)


def test_the_same_again_changes_nothing():
    assert plan(WANTED, [RIGHT]) == (RIGHT, (), True)


def test_whatever_differs_makes_another_one():
    for wrong in (
        OLD,
        replace(RIGHT, experiment_id="other"),
        replace(RIGHT, parameters={"span": "3"}),
        replace(RIGHT, timing=replace(TIMING, end="2027-01-01T00:00:00+00:00")),
        replace(RIGHT, trigger=Trigger(cron="0 0 4 * * *")),
        replace(RIGHT, max_concurrency=10),
        replace(RIGHT, no_catchup=False),
        replace(RIGHT, timing=None),
    ):
        assert plan(WANTED, [wrong]) == (None, (wrong,), True)


def test_another_service_account_makes_another_one_but_kubeflows_own_is_as_good_as_none():
    named = replace(WANTED, service_account="trainer")

    assert plan(named, [RIGHT]).keep is None
    assert plan(named, [replace(RIGHT, service_account="trainer")]).keep


def test_a_service_account_that_is_wanted_no_more_makes_another_one():
    named = replace(RIGHT, service_account="trainer", asked_account="trainer")

    assert plan(WANTED, [named]) == (None, (named,), True)


def test_of_two_that_are_right_the_one_that_is_on_stays_then_the_older():
    later = replace(RIGHT, schedule_id="s2", created=MADE + timedelta(1))

    assert plan(WANTED, [later, RIGHT]).keep == RIGHT
    off = replace(RIGHT, enabled=False)
    assert plan(WANTED, [off, later]) == (later, (off,), True)


def test_a_paused_schedule_stays_paused():
    off = replace(OLD, enabled=False)

    assert plan(WANTED, [off]) == (None, (off,), False)
    assert plan(WANTED, [replace(RIGHT, enabled=False)]).enabled is False


def test_what_was_left_off_until_its_run_ends_goes():
    off = replace(OLD, enabled=False)

    assert plan(WANTED, [off, RIGHT]) == (RIGHT, (off,), True)
