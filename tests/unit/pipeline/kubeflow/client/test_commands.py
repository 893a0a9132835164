"""The commands that talk to Kubeflow, against the stand-in."""

from __future__ import annotations

import json

import pytest
from kubeflow_run import COMPILED, DATA, PACKAGE, finish

from pipeline.errors import ConfigurationError
from pipeline.kubeflow import compile as compile_module
from pipeline.kubeflow.task_result import TaskResult

pytestmark = pytest.mark.usefixtures("use_case")


def test_compile_writes_the_package(run, tmp_path):
    status, out, _ = run("compile", "taxi", "-o", "out.yaml")

    assert status == 0
    assert (tmp_path / "out.yaml").read_text() == PACKAGE
    assert out == [
        "data: ExampleGen, Transform",
        "train: Trainer",
        f"wrote out.yaml: taxi, 2 tasks, sha256 {COMPILED.digest}",
    ]
    run("compile", "taxi")
    assert (tmp_path / "taxi-kubeflow.yaml").read_text() == PACKAGE


def test_compile_to_standard_output(run):
    assert run("compile", "taxi", "-o", "-")[1] == PACKAGE.splitlines()


def test_compile_does_not_overwrite_the_configuration(run, folder):
    before = (folder / "pipeline.yaml").read_text()
    status, _, err = run("compile", "taxi", "-o", "taxi/pipeline.yaml")

    assert status == 2
    assert "is the use case's configuration" in err[0]
    assert (folder / "pipeline.yaml").read_text() == before


def test_compile_into_a_folder_that_is_not_there(run):
    status, _, err = run("compile", "taxi", "-o", "none/z.yaml")

    assert status == 2
    (told,) = err
    assert told.startswith("tidemill: none/z.yaml cannot be written: No such file or directory;")


def test_submit_starts_a_run_with_every_parameter(fake, run):
    spans = ("--set", "data.path=/tidemill/{SPAN}/*.csv", "--span", "3")
    status, out, _ = run("submit", "taxi", *spans, "--param", "pipeline_root=gs://x")
    ((run_id, made),) = fake.runs.items()

    assert status == 0
    assert made["runtime_config"]["parameters"] == {"pipeline_root": "gs://x", "span": "3"}
    assert made["display_name"].startswith("taxi-2")
    assert out == [
        f"taxi: version sha256-{COMPILED.digest[:12]} uploaded",
        f"taxi: run {run_id} started, {fake.url}/#/runs/details/{run_id}",
        f"`tidemill follow {run_id}` follows it",
    ]


def test_submitting_again_uploads_nothing(fake, run):
    run("submit", "taxi")
    _, out, _ = run("submit", "taxi")

    assert out[0].endswith("is on Kubeflow already")
    assert (len(fake.versions), len(fake.runs), len(fake.experiments)) == (1, 2, 1)


def test_submit_json(fake, run):
    _, (line,), _ = run("submit", "taxi", "--json", "--experiment", "trial")
    told = json.loads(line)

    assert told["run_id"] in fake.runs
    assert told["url"].endswith(told["run_id"])
    assert told["new_version"] is True
    assert [e["display_name"] for e in fake.experiments.values()] == ["trial"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--param", "spam=1"), "no parameter spam; there are pipeline_root, span"),
        (("--param", "span"), "give KEY=VALUE"),
        (("--param", "span=3"), "--span 3: data.path = data/*.csv has no spans"),
        (
            ("--set", "data.path=/d/{SPAN}/*.csv", "--param", "span=abc"),
            "--span abc: not the number of a span",
        ),
        (
            ("--set", "data.path=/d/{YYYY}-{MM}-{DD}/*.csv", "--span", "2026-13-01"),
            "--span 2026-13-01: not the number of a span",
        ),
        (("--param", "pipeline_root=/{{x}}"), "holds {{, which Argo"),
        (("--param", "pipeline_root=/x"), "--param pipeline_root = /x: a pod has no such path"),
        (("--endpoint", "http://x", "--port-forward"), "exclude each other"),
        (("--quiet", "--json"), "exclude each other"),
        (("--endpoint", "kubeflow"), "is no URL"),
    ],
)
def test_submit_used_wrongly(fake, run, arguments, words):
    status, _, err = run("submit", "taxi", *arguments)

    assert status == 2
    assert words in " ".join(err)
    assert fake.requests == []


def test_a_schedule_that_would_never_run_is_refused_before_anything_is_uploaded(fake, run):
    times = ("--start", "2020-01-01", "--end", "2020-02-01")
    status, _, err = run("schedule", "taxi", "--cron", "0 3 * * *", *times)

    assert status == 2
    assert "the schedule would never run; give a later end" in err[0]
    assert fake.requests == []


def test_what_cannot_be_compiled_is_not_uploaded(fake, run, monkeypatch):
    def refuse(*_):
        raise ConfigurationError("data.path = trips: a pod has no such path")

    monkeypatch.setattr(compile_module, "compile_for_kubeflow", refuse)
    status, _, err = run("submit", "taxi")

    assert (status, err) == (2, ["tidemill: data.path = trips: a pod has no such path"])
    assert fake.requests == []


def test_a_schedule_is_made_listed_paused_resumed_run_and_deleted(fake, run):
    status, out, _ = run("schedule", "taxi", "--cron", "0 3 * * *")
    assert status == 0
    assert out[0] == "taxi: schedule 0 3 * * * UTC made"
    assert [line.split()[-2:] for line in out[1:]] == [["03:00", "UTC"]] * 3

    assert run("schedule", "taxi", "--cron", "0 3 * * *")[1][0].endswith("is as it should be")
    assert len(fake.schedules) == 1
    assert "0 3 * * * UTC" in run("schedule", "list")[1][1]
    (listed,) = map(json.loads, run("schedule", "list", "--json")[1])
    assert listed["cron"] == "0 0 3 * * *"

    assert run("schedule", "pause", "taxi")[1] == ["taxi: paused"]
    assert next(iter(fake.schedules.values()))["mode"] == "DISABLE"
    assert run("schedule", "resume", "taxi")[1][0] == "taxi: resumed"
    assert run("schedule", "run-now", "taxi")[0] == 0
    assert next(iter(fake.runs.values()))["runtime_config"]["parameters"]["span"] == ""
    assert run("schedule", "delete", "taxi")[1] == ["taxi: deleted"]
    assert run("schedule", "list")[1] == [
        "no schedules on Kubeflow; make one with `tidemill schedule`"
    ]


def test_a_schedule_in_another_time_zone_tells_what_clocks_will_do(run):
    _, out, _ = run("schedule", "taxi", "--cron", "0 3 * * *", "--timezone", "Europe/Berlin")

    assert "Europe/Berlin (" in out[1]
    assert "UTC)" in out[1]
    assert "by the clocks of Europe/Berlin, until the same command is given again" in out[-1]


def test_times_are_in_the_zone_of_this_kubeflow_unless_another_is_given(run):
    zone = ("--set", "kubeflow.cron_timezone=Asia/Tokyo")

    assert run("schedule", "taxi", "--cron", "0 3 * * *", *zone)[1][0].endswith("Asia/Tokyo made")
    said = " ".join(" ".join(run("schedule", "set", "--help")[1]).split())
    assert "Default: kubeflow.cron_timezone" in said


def test_a_schedule_used_wrongly(run):
    for arguments, words in (
        (("--cron", "0 0 3 * * *"), "has six fields"),
        ((), "give either --cron"),
        (("--every", "soon"), "--every soon"),
    ):
        status, _, err = run("schedule", "taxi", *arguments)
        assert status == 2
        assert words in err[0]
    assert run("schedule", "pause", "nobody")[0] == 2


def test_status_lists_runs_and_schedules(fake, run):
    assert "no runs and no schedules" in run("status", "--kubeflow")[1][0]
    run("submit", "taxi")
    run("submit", "taxi")
    run("schedule", "taxi", "--every", "6h")
    first, second = fake.runs
    stopped = TaskResult(3, "stopped by a gate", "x", {"ExampleGen": {"state": "stopped"}})
    finish(fake, first, "FAILED", data=stopped.to_line())
    fake.set_run(second, "RUNNING", {"data": "RUNNING"})
    _, out, _ = run("status", "--kubeflow")

    assert out[0].split() == [
        "run",
        "started",
        "(UTC)",
        "pipeline",
        "by",
        "took",
        "outcome",
        "pushed",
    ]
    assert first in out[1]
    assert "stopped by ExampleGen" in out[1]
    assert "running" in out[2]
    assert "every 6h" in out[-1]
    kinds = [json.loads(line)["kind"] for line in run("status", "--kubeflow", "--json")[1]]
    assert kinds == ["run", "run", "schedule"]


def test_status_tells_of_warnings_as_of_a_local_run(fake, run):
    run("submit", "taxi")
    (only,) = fake.runs
    nodes = {"ExampleGen": {"state": "done", "verdict": {"warns": True}}}
    finish(fake, only, "SUCCEEDED", data=TaskResult(0, "succeeded", "", nodes).to_line())

    assert "succeeded with warnings" in run("status", "--kubeflow")[1][1]


def test_clean_keeps_the_newest_of_each_outcome(fake, run):
    for _ in range(4):
        run("submit", "taxi")
    first, second, third, fourth = fake.runs
    for run_id, state in ((first, "SUCCEEDED"), (second, "FAILED"), (third, "SUCCEEDED")):
        finish(fake, run_id, state, data=DATA)

    status, _, err = run("clean", "taxi", "--kubeflow")
    assert status == 2
    assert "give --keep-runs" in err[0]
    assert run("clean", "taxi", "--kubeflow", "--keep-runs", "1", "--dry-run")[1][-1] == (
        "would delete 1 run from Kubeflow"
    )
    assert run("clean", "taxi", "--kubeflow", "--keep-runs", "1")[0] == 0
    assert list(fake.runs) == [second, third, fourth]


def test_errors_are_one_sentence(fake, run, refused):
    fake.next_error = ("/runs", refused((7, 403), "User 'me' is not authorized"))
    status, _out, err = run("submit", "taxi")

    assert status == 1
    assert len(err) == 1
    assert err[0].startswith("tidemill: you may not start the run: User 'me' is not authorized; ")
