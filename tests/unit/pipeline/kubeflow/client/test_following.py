"""Commands for a run on Kubeflow, against the stand-in: wait, follow, terminate, retry, logs."""

from __future__ import annotations

import json
import signal
import threading

import pytest
from kubeflow_run import DATA, finish

from pipeline.kubeflow.pod_display import LOG_BEGINS, LOG_ENDS
from pipeline.kubeflow.task_result import TaskResult

pytestmark = pytest.mark.usefixtures("use_case")


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
