"""Runs without anything new."""

from __future__ import annotations

import pytest

from pipeline.repeats import is_repeat, repeated_run
from pipeline.runs import NodeRecord, NodeState, RunOutcome, RunRecord


def cached(*outputs):
    return NodeRecord(NodeState.CACHED, outputs=list(outputs), new=False)


def done(*outputs, new=True):
    return NodeRecord(NodeState.DONE, outputs=list(outputs), new=new)


def a_run(run_id, nodes, pipeline="taxi", outcome=RunOutcome.SUCCEEDED, **fields):
    return RunRecord(run_id, pipeline, "/taxi", "x", 1, nodes=nodes, outcome=outcome, **fields)


FIRST = a_run("1", {"A": done(1), "B": done(2, 3), "Push": done(4)})
AGAIN = {"A": cached(1), "B": cached(2, 3), "Push": done(5, new=False)}


def test_a_run_all_of_whose_nodes_were_done_before_is_a_repeat():
    assert is_repeat(a_run("2", AGAIN))


@pytest.mark.parametrize(
    "run",
    [
        FIRST,
        a_run("2", {**AGAIN, "B": done(9)}),
        a_run("2", {**AGAIN, "Push": done(5)}),  # what was lost from the store came back
        a_run("2", AGAIN, outcome=RunOutcome.STOPPED),
        a_run("2", AGAIN, outcome=RunOutcome.CANCELLED),
    ],
)
def test_others_are_not(run):
    assert not is_repeat(run)


def test_the_run_that_is_repeated_has_the_same_outputs():
    other = a_run("2", {"A": cached(1), "B": done(7, 8), "Push": done(9)})
    elsewhere = a_run("3", AGAIN, pipeline="penguin")

    assert repeated_run(a_run("4", AGAIN), [elsewhere, other, FIRST]) == "1"


def test_a_repeat_of_a_repeat_names_the_first():
    second = a_run("2", AGAIN, same_as="1")
    assert repeated_run(a_run("3", AGAIN), [second, FIRST]) == "1"


def test_a_run_that_left_nodes_out_is_another():
    fewer = a_run("1", {"A": done(1)})
    assert repeated_run(a_run("2", AGAIN), [fewer]) is None


def test_no_more_records_are_read_than_needed():
    def earlier():
        yield FIRST
        raise AssertionError("read on")

    assert repeated_run(a_run("2", AGAIN), earlier()) == "1"
