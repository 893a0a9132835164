"""How a task ends."""

from __future__ import annotations

import pytest

from pipeline.kubeflow import task_run
from pipeline.kubeflow.pod_display import PodDisplay
from pipeline.kubeflow.task_result import TaskResult
from pipeline.runs import NodeRecord, NodeState, RunOutcome, RunRecord


@pytest.fixture
def record():
    made = RunRecord("run", "taxi", "/app/examples/taxi", "now", 1, outcome=RunOutcome.SUCCEEDED)
    made.nodes = {"Pusher": NodeRecord(NodeState.DONE, seconds=1.5)}
    made.pushed_version = "3"
    return made


@pytest.mark.parametrize(
    "error", [OSError("no space left"), UnicodeDecodeError("utf-8", b"", 0, 1, "?")]
)
def test_a_report_that_cannot_be_made_fails_no_task_that_has_pushed(record, error, capsys, caplog):
    left = []

    def leave_report():
        # Whoever ends the task now finds what it came to.
        assert left == [TaskResult.of(record)]
        raise error

    status = task_run.conclude(record, PodDisplay(), left.append, leave_report)

    assert status == 0
    assert TaskResult.found_in(capsys.readouterr().out) == TaskResult.of(record)
    assert f"Kubeflow shows no report of this task: {error}" in caplog.text
