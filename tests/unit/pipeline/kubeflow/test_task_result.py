"""How a task tells what it came to."""

from __future__ import annotations

from pipeline.kubeflow.task_result import TaskResult, leave_message
from pipeline.runs import NodeRecord, NodeState, RunOutcome, RunRecord

LONG = "tips: 12 % of the values are missing " * 300


def record(outcome=RunOutcome.STOPPED, cause="2 anomalies"):
    made = RunRecord("run", "taxi", "/app/examples/taxi", "now", 1, outcome=outcome)
    made.nodes = {
        "ExampleGen": NodeRecord(NodeState.DONE, seconds=1.5),
        "ExampleValidator": NodeRecord(NodeState.STOPPED, cause=cause),
    }
    return made


def test_a_gate_has_an_exit_status_of_its_own():
    result = TaskResult.of(record())

    assert (result.exit_status, result.cause) == (3, "ExampleValidator: 2 anomalies")
    assert result.nodes["ExampleGen"]["seconds"] == 1.5


def test_it_is_found_in_a_log():
    result = TaskResult.of(record())

    assert TaskResult.found_in(f"Epoch 1\n{result.to_line()}\n") == result
    assert TaskResult.found_in("Epoch 1\n") is None
    assert TaskResult.found_in("tidemill-result: {cut o") is None


def test_it_is_found_in_what_argo_makes_of_the_message(tmp_path):
    message = tmp_path / "termination-log"
    message.touch()
    leave_message(TaskResult.of(record(cause=LONG)), message)
    argo = f"main: Error (exit code 1): {message.read_text(encoding='utf-8')}\nmore"

    found = TaskResult.found_in(argo)
    assert found is not None
    assert (found.exit_status, found.outcome, found.nodes) == (3, "stopped by a gate", {})
    assert found.cause.startswith("ExampleValidator: tips: 12 %")
    assert message.stat().st_size <= 4096


def test_outside_of_a_pod_nothing_is_left(tmp_path):
    leave_message(TaskResult.of(record()), tmp_path / "none")

    assert list(tmp_path.iterdir()) == []
