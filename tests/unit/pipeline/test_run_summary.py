"""What a run amounts to, in words and as an exit status."""

from __future__ import annotations

import pytest

from pipeline.run_summary import closing_lines, exit_status, outcome_and_place, training_lines
from pipeline.runs import NodeRecord, NodeState, RunOutcome, RunRecord


def a_record(outcome=RunOutcome.SUCCEEDED, **nodes):
    return RunRecord("20261121-090507", "taxi", "/taxi", "now", 1, outcome=outcome, nodes=nodes)


def failed(cause):
    return NodeRecord(NodeState.FAILED, cause=cause)


def stopped(cause="2 anomalies"):
    return NodeRecord(NodeState.STOPPED, cause=cause)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (RunOutcome.SUCCEEDED, 0),
        (RunOutcome.FAILED, 1),
        (RunOutcome.LOST, 1),
        (RunOutcome.STOPPED, 3),
        (RunOutcome.CANCELLED, 130),
    ],
)
def test_the_exit_status_tells_a_gate_from_a_failure(outcome, status):
    assert exit_status(outcome) == status


def test_a_run_that_was_cancelled_ends_as_it_was_cancelled():
    assert exit_status(RunOutcome.CANCELLED, cancelled=143) == 143
    assert exit_status(RunOutcome.STOPPED, cancelled=143) == 3


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (a_record(), "succeeded"),
        (
            a_record(E=NodeRecord(NodeState.DONE, verdict={"warns": True})),
            "succeeded with warnings",
        ),
        (a_record(RunOutcome.STOPPED, A=stopped(), B=stopped()), "stopped by A, B"),
        (a_record(RunOutcome.FAILED, A=failed("")), "failed in A"),
        (a_record(RunOutcome.LOST, A=NodeRecord(NodeState.RUNNING)), "lost"),
    ],
)
def test_the_outcome_and_who_is_to_blame(record, words):
    assert outcome_and_place(record) == words


def test_the_last_lines_say_why_and_where_to_look():
    record = a_record(RunOutcome.STOPPED, A=stopped(), B=failed("no such column"))

    assert list(closing_lines(record, lambda node: f"{node}.log")) == [
        "A stopped: 2 anomalies",
        "  log: A.log",
        "run 20261121-090507 stopped by a gate; 0 executed, 0 cached",
    ]
    assert len(list(closing_lines(record))) == 2


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
