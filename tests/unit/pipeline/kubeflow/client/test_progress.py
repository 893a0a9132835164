"""A run on Kubeflow as a local run's record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from pipeline.kubeflow.client.progress import TaskNews, record_of
from pipeline.kubeflow.client.runs import KubeflowRun
from pipeline.kubeflow.task_result import TaskResult

MADE = datetime(2026, 11, 21, 17, tzinfo=timezone.utc)
RUN = KubeflowRun("r", "taxi-1", "RUNNING", MADE)
OVER = replace(RUN, ended=MADE + timedelta(minutes=3))
DATA = ("ExampleGen", "StatisticsGen")
GATE = ("Evaluator", "Pusher")


def record(run, **tasks):
    return record_of(run, "taxi", tasks)


def states(run, **tasks):
    return {node: its.state.value for node, its in record(run, **tasks).nodes.items()}


def node(state, **fields):
    return {"state": state, "seconds": 1.0, "summary": "", "cause": "", **fields}


def test_nothing_has_begun():
    run = record(RUN, data=TaskNews(DATA), end=TaskNews(GATE))

    assert {its.state.value for its in run.nodes.values()} == {"waiting"}
    assert run.outcome.value == "running"


def test_the_first_node_that_has_not_ended_runs():
    log = "ExampleGen         done         8.98 s     1,114 rows/s\n"

    assert states(RUN, data=TaskNews(DATA, "RUNNING"), end=TaskNews(GATE)) == {
        "ExampleGen": "running",
        "StatisticsGen": "waiting",
        "Evaluator": "waiting",
        "Pusher": "waiting",
    }
    assert states(RUN, data=TaskNews(DATA, "RUNNING", log)) == {
        "ExampleGen": "done",
        "StatisticsGen": "running",
    }


def test_nodes_of_spans_take_the_place_of_their_kind():
    log = "ExampleGen.span-1  cached       0.10 s\nExampleGen.span-2  done         3.00 s\n"

    assert states(RUN, data=TaskNews(DATA, "RUNNING", log)) == {
        "ExampleGen.span-1": "cached",
        "ExampleGen.span-2": "done",
        "StatisticsGen": "running",
    }


def test_success_in_the_tasks_own_words():
    result = TaskResult(
        0, "succeeded", "", {"Pusher": node("done", summary="pushed as 7")}, "7", nothing_new=False
    )
    run = record(
        replace(OVER, state="SUCCEEDED"),
        data=TaskNews(("ExampleGen",), "SUCCEEDED"),
        end=TaskNews(("Pusher",), "SUCCEEDED", result=result),
    )

    assert run.outcome.value == "succeeded"
    assert (run.pushed_version, run.nothing_new) == ("7", False)
    assert run.nodes["Pusher"].summary == "pushed as 7"
    assert run.nodes["ExampleGen"].state.value == "done"
    assert run.ended == "2026-11-21T17:03:00+00:00"


def test_nothing_new():
    result = TaskResult(0, "succeeded", nothing_new=True)
    end = TaskNews(GATE, "SUCCEEDED", result=result)

    assert record(replace(OVER, state="SUCCEEDED"), end=end).nothing_new
    assert not record(RUN, end=end).nothing_new


def test_a_gate_that_stopped_the_run():
    result = TaskResult(
        3, "stopped by a gate", "Evaluator: AUC", {"Evaluator": node("stopped", cause="AUC")}
    )
    run = record(
        replace(OVER, state="FAILED"),
        end=TaskNews(GATE, "FAILED", result=result),
        after=TaskNews(("Later",)),
    )

    assert run.outcome.value == "stopped by a gate"
    assert run.nodes["Evaluator"].cause == "AUC"
    assert run.nodes["Later"].state.value == "not run"


def test_a_gate_of_which_only_kubernetes_kept_the_last_words():
    result = TaskResult(3, "stopped by a gate", "Evaluator: AUC 0.5 < 0.7")
    run = record(replace(OVER, state="FAILED"), end=TaskNews(GATE, "FAILED", result=result))

    assert run.outcome.value == "stopped by a gate"
    assert run.nodes["Evaluator"].state.value == "stopped"
    assert run.nodes["Evaluator"].cause == "Evaluator: AUC 0.5 < 0.7"


def test_the_launchers_word_for_the_exit_status_will_do():
    log = "F1121 17:00:09.1 1 main.go:60] failed to execute component: exit status 3\n"
    run = record(replace(OVER, state="FAILED"), end=TaskNews(GATE, "FAILED", log))

    assert run.outcome.value == "stopped by a gate"


def test_a_failure_that_kubernetes_explains():
    news = TaskNews(GATE, "FAILED", "Evaluator          done         1.00 s\n", "out of memory")
    run = record(replace(OVER, state="FAILED"), end=news)

    assert run.outcome.value == "failed"
    assert {n: its.state.value for n, its in run.nodes.items()} == {
        "Evaluator": "done",
        "Pusher": "failed",
    }
    assert run.nodes["Pusher"].cause == "out of memory"


def test_a_failure_that_the_log_explains_is_not_blamed_on_the_next_node():
    log = "Evaluator          failed       1.00 s no such column\n"
    run = record(replace(OVER, state="FAILED"), end=TaskNews(GATE, "FAILED", log, "exit status 1"))

    assert run.nodes["Evaluator"].cause == "no such column"
    assert run.nodes["Pusher"].state.value == "not run"


def test_a_failure_that_nobody_explains():
    run = record(replace(OVER, state="FAILED"), end=TaskNews(GATE, "FAILED"))

    assert run.nodes["Evaluator"].cause == "it ended without saying why"


def test_a_terminated_run_is_cancelled_though_kubeflow_counts_it_as_failed():
    run = record(replace(OVER, state="FAILED", cancelled=True), end=TaskNews(GATE, "FAILED"))

    assert run.outcome.value == "cancelled"
    assert run.nodes["Evaluator"].state.value == "cancelled"


def test_a_task_that_kubeflow_still_calls_running_when_the_run_is_over_has_not_run():
    run = states(replace(OVER, state="FAILED"), end=TaskNews(GATE, "RUNNING"))

    assert set(run.values()) == {"not run"}


def test_a_task_that_succeeded_and_whose_outputs_kubeflow_could_not_keep():
    result = TaskResult(0, "succeeded", "", {n: node("done") for n in GATE})
    news = TaskNews(GATE, "FAILED", "", "Kubeflow's launcher: failed to upload", result)
    run = record(replace(OVER, state="FAILED"), end=news)

    assert run.outcome.value == "failed"
    assert run.nodes["Evaluator"].state.value == "done"
    assert run.nodes["Pusher"].cause == "Kubeflow's launcher: failed to upload"
