"""What the log of a task says."""

from __future__ import annotations

from pipeline.cli.display import plain_line
from pipeline.kubeflow.client.task_log import (
    awaited_run,
    exit_status,
    is_missing,
    last_words,
    node_log,
    read_nodes,
    without_launcher,
)
from pipeline.kubeflow.pod_display import LOG_BEGINS, LOG_ENDS
from pipeline.runs import NodeRecord, NodeState

LOG = f"""\
time=2026-11-21T18:05:36.420Z level=INFO msg="capturing logs" argo=true
I1121 17:00:00.123456       1 launcher_v2.go:190] input ComponentSpec:{{
waiting for run 7e57 of this pipeline to end
{LOG_BEGINS}ExampleGen
reading 3 files
Trainer done by hand
{LOG_ENDS}ExampleGen
ExampleGen         done         8.98 s     1,114 rows/s
StatisticsGen      cached       0.10 s
ExampleValidator   stopped      0.18 s fare: 3 values below 0
E1121 17:00:09.000000 1 launcher_v2.go:449] Component failed to execute successfully: exit status 3
F1121 17:00:09.100000       1 main.go:60] failed to execute component: exit status 3
"""


def test_nodes_that_have_ended():
    nodes = read_nodes(LOG)

    assert {node: (its.state.value, its.seconds) for node, its in nodes.items()} == {
        "ExampleGen": ("done", 8.98),
        "StatisticsGen": ("cached", 0.1),
        "ExampleValidator": ("stopped", 0.18),
    }
    assert nodes["ExampleValidator"].cause == "fare: 3 values below 0"


def test_the_lines_are_those_that_a_local_run_prints():
    record = NodeRecord(NodeState.FAILED, seconds=1.5, cause="no space is left")
    line = plain_line("ExampleGen.span-3", record, 18)

    assert read_nodes(f"{line}\n") == {"ExampleGen.span-3": record}


def test_the_program_ended_with():
    assert exit_status(LOG) == 3
    assert last_words(LOG) == "exit status 3"
    killed = "F1121 17:00:09.1 1 main.go:60] failed to execute component: signal: killed\n"
    assert (exit_status(killed), last_words(killed)) == (
        None,
        "Kubeflow: signal: killed",
    )
    assert (exit_status(""), last_words("")) == (None, "")


def test_its_own_words_come_first():
    assert last_words(f"tidemill: the image holds other code\n{LOG}") == (
        "the image holds other code"
    )


def test_a_nodes_own_log():
    assert node_log(LOG, "ExampleGen") == "reading 3 files\nTrainer done by hand\n"
    assert node_log(LOG, "Trainer") is None


def test_without_what_the_launcher_says():
    assert without_launcher(LOG).startswith("waiting for run")
    assert "launcher_v2" not in without_launcher(LOG)
    assert "main.go" not in without_launcher(LOG)


def test_the_run_that_is_waited_for():
    assert awaited_run(LOG) == "7e57"
    assert awaited_run("") is None


def test_an_error_in_place_of_a_log():
    assert is_missing('{"error_message":"pods \\"x\\" not found","error_details":"..."}')
    assert is_missing('a line\n{"error_message": "gone"}')
    assert not is_missing(LOG)
    assert not is_missing("")
