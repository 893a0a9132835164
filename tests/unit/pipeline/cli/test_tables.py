"""The list of runs: one line a run, on a narrow terminal and in a pipe."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console

from pipeline.cli.tables import runs_table, training_lines
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


def test_the_summary_names_the_search_and_the_model_that_a_training_used():
    record = a_record(RunOutcome.SUCCEEDED)
    search = {"run_id": record.run_id, "finished": "2026-11-21T09:06:00+00:00"}
    record.training = {"search": search, "base_model": {"run_id": "20261120-010203"}}

    assert list(training_lines(record)) == [
        "hyperparameters: from the search of this run, 2026-11-21 09:06:00 UTC",
        "warm start: from the model trained in run 20261120-010203",
    ]


@pytest.mark.parametrize(("searched_in", "reason"), [("r1", "new search"), ("r0", "the turn of")])
def test_the_summary_says_why_a_warm_start_was_not_made(searched_in, reason):
    record = a_record(RunOutcome.SUCCEEDED)
    search = {"run_id": searched_in, "finished": "2026-11-21T09:06:00+00:00"}
    record.training = {"run_id": "r1", "warm_start": True, "search": search, "base_model": None}

    line = list(training_lines(record))[-1]
    assert line.startswith("cold start: ")
    assert reason in line


@pytest.mark.parametrize("training", [None, {}, {"search": None, "base_model": None}])
def test_a_training_that_used_nothing_of_before_has_no_lines(training):
    record = a_record(RunOutcome.SUCCEEDED)
    record.training = training

    assert list(training_lines(record)) == []


def test_a_run_with_warnings_says_so():
    record = a_record(RunOutcome.SUCCEEDED)
    record.nodes["Node0"].verdict = {"passed": True, "warns": True}

    assert any("succeeded with warnings" in line for line in lines_of(None, [record]))
