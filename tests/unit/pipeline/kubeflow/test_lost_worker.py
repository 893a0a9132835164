"""What is told of a task whose nodes' process was killed."""

from __future__ import annotations

import pytest

from pipeline.kubeflow.lost_worker import TaskLostError, run_nodes
from pipeline.kubeflow.pod_display import PodDisplay
from pipeline.local.runner import WorkerLostError
from pipeline.runs import NodeRecord, NodeState, RunOutcome, RunRecord

FAILED = NodeState.FAILED


class Runner:
    """Loses its worker."""

    def __init__(self, error):
        self.error = error

    def run(self):
        raise self.error


@pytest.fixture
def log(tmp_path):
    file = tmp_path / "worker.log"
    file.write_text("allocating 64 GB\n", encoding="utf-8")
    return file


def record(**nodes):
    made = RunRecord("run", "taxi", "/app/examples/taxi", "x", 1, outcome=RunOutcome.FAILED)
    made.nodes = nodes
    return made


def test_a_killed_process_fails_its_nodes_with_what_to_do(log, capsys):
    lost = WorkerLostError("the process ended", log, killed=True)
    nodes = record(
        Tuner=NodeRecord(FAILED, seconds=1.0, cause="its own"),
        Trainer=NodeRecord(FAILED, cause="the process that ran it ended"),
        Pusher=NodeRecord(NodeState.NOT_RUN),
    )
    ended = run_nodes(Runner(lost), nodes, PodDisplay())

    assert [its.cause for its in ended.nodes.values()] == [
        "its own",
        "its process was killed by SIGKILL; raise memory in kubeflow.resources",
        "",
    ]
    assert capsys.readouterr().out.splitlines() == [
        "tidemill-log begins: worker",
        "allocating 64 GB",
        "tidemill-log ends: worker",
    ]


def test_one_that_ended_otherwise_is_no_matter_of_memory(log):
    nodes = record(Trainer=NodeRecord(FAILED))
    ended = run_nodes(Runner(WorkerLostError("it ended", log)), nodes, PodDisplay())

    assert ended.nodes["Trainer"].cause == "it ended"


def test_before_any_node_began_the_task_ends_without_a_file_that_goes_with_the_pod(log):
    with pytest.raises(TaskLostError) as caught:
        run_nodes(Runner(WorkerLostError("no such module", log)), record(), PodDisplay())

    assert str(caught.value) == "no such module; its log stands above"
