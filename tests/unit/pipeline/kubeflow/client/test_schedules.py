"""Schedules, against the stand-in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from pipeline.kubeflow.client.api_errors import KubeflowError
from pipeline.kubeflow.client.experiments import experiment_id
from pipeline.kubeflow.client.schedule_plan import Wanted
from pipeline.kubeflow.client.schedule_timing import make_timing, trigger_of
from pipeline.kubeflow.client.schedules import (
    apply,
    list_schedules,
    remove_drained,
    set_enabled,
)
from pipeline.kubeflow.client.upload import upload
from pipeline.kubeflow.compiled import CompiledPipeline

NOW = datetime(2026, 11, 21, 17, 30, tzinfo=timezone.utc)
TEXT = "pipelineInfo: {name: taxi}\nschemaVersion: 2.1.0\n"


@pytest.fixture
def wanted(connection):
    """Makes what is wanted: `wanted(comment, every=...)`; another comment is another version."""

    def make(comment="", cron=None, every=None):
        text = f"{TEXT}# {comment}\n"
        version = upload(connection, CompiledPipeline("taxi", text, {"span": ""}, {}))
        timing = make_timing(
            cron or (None if every else "0 3 * * *"), every, None, None, None, "UTC"
        )
        return Wanted(
            "taxi",
            version.pipeline_id,
            version.version_id,
            experiment_id(connection, "taxi"),
            {"span": ""},
            "",
            timing,
            trigger_of(timing, NOW).cron,
        )

    return make


def only(fake):
    (schedule,) = fake.schedules.values()
    return schedule


def drain(connection, decided):
    return [remove_drained(connection, s, sleep=lambda _: None) for s in decided.retire]


def test_what_kubeflow_is_told(fake, connection, wanted):
    asked = wanted()
    apply(connection, asked, NOW)
    made = only(fake)

    # Five fields would be taken, and read as 00:03:00 of the third hour: seconds come first.
    assert made["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * *"
    assert made["pipeline_version_reference"] == {
        "pipeline_id": asked.pipeline_id,
        "pipeline_version_id": asked.version_id,
    }
    assert (made["max_concurrency"], made["no_catchup"], made["mode"]) == ("1", True, "ENABLE")
    assert made["runtime_config"]["parameters"] == {"span": ""}


def test_a_service_account_comes_and_goes(fake, connection, wanted):
    for account, runs_as in (("trainer", "trainer"), ("", "pipeline-runner")):
        asked = replace(wanted(), service_account=account)
        drain(connection, apply(connection, asked, NOW)[0])
        again, kept = apply(connection, asked, NOW)

        assert only(fake)["service_account"] == runs_as
        assert again.keep == kept
        assert kept.timing == asked.timing


def test_the_same_twice_leaves_one(fake, connection, wanted):
    apply(connection, wanted(), NOW)
    before = dict(only(fake))
    decided, kept = apply(connection, wanted(), NOW + timedelta(days=3))

    assert decided.keep == kept
    assert only(fake) == before


def test_a_changed_pipeline_moves_the_schedule(fake, connection, wanted):
    _, first = apply(connection, wanted("a"), NOW)
    decided, second = apply(connection, wanted("b"), NOW)

    assert [s["mode"] for s in fake.schedules.values()] == ["DISABLE", "ENABLE"]
    assert drain(connection, decided) == [True]
    assert only(fake)["recurring_run_id"] == second.schedule_id != first.schedule_id


def test_an_interval_keeps_its_beat_when_the_pipeline_changes(fake, connection, wanted):
    apply(connection, wanted("a", every="6h"), NOW)
    decided, _ = apply(connection, wanted("b", every="6h"), NOW + timedelta(hours=5))
    drain(connection, decided)

    assert only(fake)["trigger"]["periodic_schedule"]["interval_second"] == "21600"
    assert only(fake)["trigger"]["periodic_schedule"]["start_time"].startswith(
        "2026-11-21T17:30:00"
    )


def test_a_paused_schedule_stays_paused_when_it_moves(fake, connection, wanted):
    _, first = apply(connection, wanted("a"), NOW)
    set_enabled(connection, first, enabled=False)
    decided, second = apply(connection, wanted("b"), NOW)
    drain(connection, decided)

    assert not second.enabled
    assert only(fake)["mode"] == "DISABLE"


def test_a_schedule_is_not_deleted_under_a_run(fake, connection, wanted):
    _, first = apply(connection, wanted("a"), NOW)
    fake.runs["r"] = {
        "run_id": "r",
        "recurring_run_id": first.schedule_id,
        "state": "RUNNING",
        "created_at": "2026-11-21T17:00:00Z",
    }
    decided, _ = apply(connection, wanted("b"), NOW)

    assert drain(connection, decided) == [False]
    assert fake.runs["r"]["state"] == "RUNNING"
    fake.runs["r"]["state"] = "SUCCEEDED"
    # The next command finds it off, and takes it away.
    decided, _ = apply(connection, wanted("b"), NOW)
    assert drain(connection, decided) == [True]
    only(fake)


def test_a_run_that_begins_while_its_schedule_is_deleted_is_kept(fake, connection, wanted):
    _, made = apply(connection, wanted(), NOW)
    real = fake.answer

    def answer(method, url, body):
        if method == "DELETE":
            fake.runs["r"] = {"recurring_run_id": made.schedule_id, "state": "RUNNING"}
        return real(method, url, body)

    fake.answer = answer
    assert remove_drained(connection, made, sleep=lambda _: None)
    assert fake.runs["r"]["state"] == "RUNNING"


def test_waiting_for_the_run_to_end(fake, connection, wanted):
    _, made = apply(connection, wanted(), NOW)
    fake.runs["r"] = {
        "run_id": "r",
        "recurring_run_id": made.schedule_id,
        "state": "RUNNING",
        "created_at": "2026-11-21T17:00:00Z",
    }
    told, slept = [], []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            fake.runs["r"]["state"] = "FAILED"

    off = replace(made, enabled=False)
    assert remove_drained(connection, off, wait=True, tell=told.append, sleep=sleep)
    assert told == ["waiting for run r of this schedule to end"]
    assert fake.schedules == {}


def test_the_old_one_goes_on_when_the_new_one_cannot_be_made(fake, connection, wanted, refused):
    apply(connection, wanted("a"), NOW)
    asked = wanted("b")
    fake.next_error = None
    real = fake.answer

    def answer(method, url, body):
        if method == "POST" and url.endswith("/recurringruns"):
            raise refused((13, 500), "Internal Server Error")
        return real(method, url, body)

    fake.answer = answer
    with pytest.raises(KubeflowError, match="cannot make the schedule taxi"):
        apply(connection, asked, NOW)
    assert only(fake)["mode"] == "ENABLE"


def test_schedules_of_other_people_are_left_alone(fake, connection, wanted):
    asked = wanted()
    apply(connection, asked, NOW)
    foreign = {**only(fake), "recurring_run_id": "x", "description": "nightly"}
    foreign["pipeline_version_reference"] = {"pipeline_id": "other", "pipeline_version_id": "y"}
    fake.schedules["x"] = foreign

    assert apply(connection, asked, NOW)[0].retire == ()
    listed = {s.schedule_id: s.timing for s in list_schedules(connection)}
    assert listed["x"] is None


def test_a_schedule_on_many_pages_is_found(connection, wanted):
    for number in range(7):
        _, made = apply(connection, wanted(number), NOW)

    assert len(list(list_schedules(connection))) == 7
    assert made.version_id in {s.version_id for s in list_schedules(connection) if s.enabled}
