"""The list of runs: one line a run, on a narrow terminal and in a pipe."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console

from pipeline.cli.tables import runs_table
from pipeline.runs import NodeRecord, NodeState, RunOutcome, RunRecord


def a_record(outcome, pushed=None, **states):
    nodes = {f"Node{i}": NodeRecord(NodeState.CACHED) for i in range(9)}
    nodes |= {node: NodeRecord(state) for node, state in states.items()}
    return RunRecord(
        "20261121-090507-2",
        "taxi",
        "/taxi",
        started="2026-11-21T09:05:07+00:00",
        pid=1,
        outcome=outcome,
        nodes=nodes,
        pushed_version=pushed,
    )


RECORDS = [
    a_record(RunOutcome.SUCCEEDED, "12", Trainer=NodeState.DONE),
    a_record(RunOutcome.STOPPED, ExampleValidator=NodeState.STOPPED),
    a_record(RunOutcome.FAILED, LatestPushedModel=NodeState.FAILED),
    a_record(RunOutcome.LOST),
    dataclasses.replace(a_record(RunOutcome.SUCCEEDED, "12"), nothing_new=True),
]
OUTCOMES = [
    "succeeded",
    "stopped by ExampleValidator",
    "failed in LatestPushedModel",
    "lost",
    "nothing new",
]


def lines_of(width, records=RECORDS):
    file = io.StringIO()
    Console(file=file, width=width or 1000, highlight=False).print(runs_table(records, width))
    return [line.rstrip() for line in file.getvalue().splitlines() if line.strip()]


@pytest.mark.parametrize("width", [80, 100, 120, None])
def test_a_run_is_one_line(width):
    heading, *lines = lines_of(width)

    assert len(lines) == len(RECORDS)
    assert all(outcome in line for outcome, line in zip(OUTCOMES, lines, strict=True))
    assert all(line.startswith("20261121-090507-2 ") for line in lines)
    assert lines[0].endswith(" 12")
    assert heading.split()[0] == "run"


@pytest.mark.parametrize(("width", "shown"), [(80, False), (100, True), (None, True)])
def test_the_start_is_left_out_where_there_is_no_room(width, shown):
    heading, first, *_ = lines_of(width)

    assert ("started (UTC)" in heading) is shown
    assert ("2026-11-21 09:05:07" in first) is shown


def test_nodes_and_how_many_were_cached():
    assert lines_of(80)[1].split()[1:4] == ["taxi", "10", "9"]


def test_a_run_with_warnings_says_so():
    record = a_record(RunOutcome.SUCCEEDED)
    record.nodes["Node0"].verdict = {"passed": True, "warns": True}

    assert any("succeeded with warnings" in line for line in lines_of(None, [record]))
