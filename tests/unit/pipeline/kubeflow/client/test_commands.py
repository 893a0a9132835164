"""The commands that talk to Kubeflow, against the stand-in."""

from __future__ import annotations

import json
import signal
import threading

import pytest

from pipeline.cli.main import main
from pipeline.errors import ConfigurationError
from pipeline.kubeflow import compile as compile_module
from pipeline.kubeflow.client import schedules, waiting
from pipeline.kubeflow.compiled import CompiledPipeline
from pipeline.kubeflow.pod_display import LOG_BEGINS, LOG_ENDS
from pipeline.kubeflow.task_result import TaskResult

PACKAGE = """\
components:
  comp-data: {executorLabel: exec-data}
deploymentSpec:
  executors:
    exec-data: {container: {args: [--run-id, x]}}
pipelineInfo: {name: taxi}
root:
  dag:
    tasks:
      train: {taskInfo: {name: Trainer}, dependentTasks: [data]}
      data: {taskInfo: {name: ExampleGen to Transform}, componentRef: {name: comp-data}}
schemaVersion: 2.1.0
"""
COMPILED = CompiledPipeline(
    "taxi",
    PACKAGE,
    {"pipeline_root": "/tidemill/root", "span": ""},
    {"data": ("ExampleGen", "Transform"), "train": ("Trainer",)},
)
DATA = TaskResult(
    0,
    "succeeded",
    "",
    {n: {"state": "done", "seconds": 1.5} for n in ("ExampleGen", "Transform")},
).to_line()


@pytest.fixture(autouse=True)
def _case(folder, fake, monkeypatch):
    """A use case in this folder, a compiler that takes no time, no waiting, and no terminal."""
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", fake.url)
    for name in ("preprocessing", "model"):
        (folder / f"{name}.py").write_text("def preprocessing_fn(x): ...\ndef run_fn(x): ...\n")
    monkeypatch.setattr(compile_module, "compile_for_kubeflow", lambda *_: COMPILED)
    monkeypatch.setattr(waiting, "SECONDS_BETWEEN", 0.01)
    monkeypatch.setattr(schedules, "_SECONDS_TO_SETTLE", 0)


@pytest.fixture
def run(capsys):
    """Runs a command; returns its exit status, and its lines of output and of errors."""

    def call(*arguments):
        status = main(arguments)
        out, err = capsys.readouterr()
        return status, out.splitlines(), err.splitlines()

    return call


def finish(fake, run_id, state, **logs):
    """Lets a run end, its tasks with these logs."""
    its = dict.fromkeys(logs, "SUCCEEDED")
    if state == "FAILED":
        its[list(logs)[-1]] = "FAILED"
    fake.set_pods(run_id, **dict.fromkeys(logs, ("Succeeded", "")))
    for number, log in enumerate(logs.values()):
        fake.set_log(run_id, number, log)
    fake.set_run(run_id, state, its, ended=True)


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


def test_submit_starts_a_run_with_every_parameter(fake, run):
    status, out, _ = run("submit", "taxi", "--span", "3", "--param", "pipeline_root=gs://x")
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
    assert fake.runs == {}


def test_what_cannot_be_compiled_is_not_uploaded(fake, run, monkeypatch):
    def refuse(*_):
        raise ConfigurationError("data.path = trips: a pod has no such path")

    monkeypatch.setattr(compile_module, "compile_for_kubeflow", refuse)
    status, _, err = run("submit", "taxi")

    assert (status, err) == (2, ["tidemill: data.path = trips: a pod has no such path"])
    assert fake.requests == []


def wait_with(fake, run, end, *arguments):
    """Submits and waits while another thread lets the run end."""
    started = threading.Event()
    real = fake.answer

    def answer(method, url, body):
        reply = real(method, url, body)
        if method == "POST" and url.endswith("/runs"):
            end(reply["run_id"])
            started.set()
        return reply

    fake.answer = answer
    outcome = run("submit", "taxi", "--wait", *arguments)
    assert started.is_set()
    return outcome


def test_waiting_for_a_run_that_succeeds(fake, run):
    trained = TaskResult(
        0,
        "succeeded",
        "",
        {"Trainer": {"state": "done", "seconds": 9.0, "summary": "taxi was pushed as version 7"}},
        "7",
    )
    status, out, _ = wait_with(
        fake,
        run,
        lambda r: finish(fake, r, "SUCCEEDED", data=DATA, train=trained.to_line()),
    )
    run_id = next(iter(fake.runs))

    assert status == 0
    assert out[2:] == [
        "ExampleGen         done         1.50 s",
        "Transform          done         1.50 s",
        "Trainer            done         9.00 s",
        f"run {run_id} succeeded; 3 executed, 0 cached; taxi was pushed as version 7",
    ]


def test_waiting_for_a_run_that_a_gate_stops(fake, run):
    stopped = TaskResult(
        3,
        "stopped by a gate",
        "ExampleGen: late",
        {"ExampleGen": {"state": "stopped", "cause": "late"}},
    )
    status, out, _ = wait_with(
        fake, run, lambda r: finish(fake, r, "FAILED", data=stopped.to_line())
    )
    run_id = next(iter(fake.runs))

    assert status == 3
    assert out[-3:] == [
        "ExampleGen stopped: late",
        f"  log: tidemill logs {run_id} ExampleGen",
        f"run {run_id} stopped by a gate; 0 executed, 0 cached",
    ]


def test_waiting_for_a_run_that_fails(fake, run):
    status, out, _ = wait_with(
        fake,
        run,
        lambda r: finish(fake, r, "FAILED", data="tidemill: the image holds other code\n"),
        "--json",
    )
    events = [json.loads(line) for line in out]

    assert status == 1
    assert events[0]["event"] == "submitted"
    assert events[-1]["event"] == "run"
    assert events[-1]["nodes"]["ExampleGen"]["cause"] == "the image holds other code"


def test_ctrl_c_leaves_the_run_alone(fake, run):
    status, _, err = wait_with(fake, run, lambda _run_id: _interrupt())
    run_id = next(iter(fake.runs))

    assert status == 130
    assert err == [
        (
            f"run {run_id} goes on; `tidemill follow {run_id}` follows it, `tidemill terminate "
            f"{run_id}` ends it"
        )
    ]
    assert fake.runs[run_id]["state"] == "PENDING"


def _interrupt():
    timer = threading.Timer(
        0.3, signal.pthread_kill, (threading.main_thread().ident, signal.SIGTERM)
    )
    timer.start()


def test_follow_knows_the_tasks_from_the_package(fake, run):
    run("submit", "taxi")
    run_id = next(iter(fake.runs))
    finish(fake, run_id, "SUCCEEDED", data=DATA, train="gone")
    status, out, _ = run("follow", run_id[:8] + run_id[8:])

    assert status == 0
    assert [line.split()[0] for line in out[:3]] == ["ExampleGen", "Transform", "Trainer"]


def test_follow_latest_and_what_does_not_exist(fake, run):
    assert run("follow", "latest")[0] == 2
    run("submit", "taxi")
    run_id = next(iter(fake.runs))
    finish(fake, run_id, "SUCCEEDED", data=DATA)
    assert run("follow", "latest")[0] == 0
    status, _, err = run("follow", "00000000-0000-4000-8000-999999999999")
    assert status == 2
    assert "not found" in err[0]
    status, _, err = run("follow", "zzz")
    assert (status, err[0]) == (
        2,
        "tidemill: no run zzz on Kubeflow; `tidemill status --kubeflow` lists them",
    )


def test_terminate_and_retry(fake, run):
    run("submit", "taxi")
    run_id = next(iter(fake.runs))
    status, _, err = run("retry", run_id)
    assert status == 2
    assert "has not failed" in err[0]
    assert run("terminate", run_id)[0] == 0
    assert fake.runs[run_id]["state"] == "CANCELING"
    finish(fake, run_id, "FAILED", data=DATA)
    assert run("terminate", run_id)[1] == [f"run {run_id} has ended already: failed"]
    assert run("retry", run_id)[0] == 0
    assert fake.runs[run_id]["state"] == "RUNNING"


def test_logs_of_a_node(fake, run):
    run("submit", "taxi")
    run_id = next(iter(fake.runs))
    log = f"{LOG_BEGINS}Transform\nanalysing\n{LOG_ENDS}Transform\nTransform done 1.00 s\n"
    finish(fake, run_id, "SUCCEEDED", data=f"{log}{DATA}\n")

    assert run("logs", run_id, "Transform")[1] == ["analysing"]
    assert run("logs", run_id, "data")[1][0] == f"{LOG_BEGINS}Transform"
    status, _, err = run("logs", run_id, "Transfrm")
    assert status == 2
    assert "has no node Transfrm" in err[0]
    status, _, err = run("logs", "latest", "Trainer")
    assert status == 2
    assert "it did not run, or it is gone" in err[0]


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
