"""What the log of a pod shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.kubeflow.pod_display import PodDisplay
from pipeline.places import RunFolder
from pipeline.runs import NodeRecord, NodeState, RunOutcome, RunRecord


@pytest.fixture
def last_lines(capsys, tmp_path):
    def show(**fields):
        record = RunRecord("run", "taxi", "/app/examples/taxi", "now", 1, **fields)
        display = PodDisplay()
        display.show(record, RunFolder(Path(tmp_path)))
        display.finish()
        return capsys.readouterr().out.splitlines()

    return show


def test_a_cause_is_not_taken_for_markup_and_stands_without_a_file_that_ends_with_the_pod(
    last_lines,
):
    nodes = {"Trainer": NodeRecord(NodeState.FAILED, cause="fares [red] of [/b] trips")}

    assert last_lines(outcome=RunOutcome.FAILED, nodes=nodes)[-2:] == [
        "Trainer failed: fares [red] of [/b] trips",
        "run run failed; 0 executed, 0 cached",
    ]


def test_a_crash_that_the_gate_explains_is_not_reported(last_lines):
    nodes = {
        "ExampleValidator": NodeRecord(NodeState.STOPPED, cause="2 anomalies"),
        "Transform": NodeRecord(NodeState.FAILED, cause="no such column"),
    }
    lines = last_lines(outcome=RunOutcome.STOPPED, nodes=nodes)

    assert "ExampleValidator stopped: 2 anomalies" in lines
    assert not any(line.startswith("Transform failed:") for line in lines)


def test_a_run_without_anything_new_says_so_as_a_local_one_does(last_lines):
    lines = last_lines(outcome=RunOutcome.SUCCEEDED, nothing_new=True)

    assert lines[0] == "nothing new: same data, code and configuration as an earlier run"
