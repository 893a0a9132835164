"""Which nodes start when: order, budget, stops."""

from __future__ import annotations

import pytest

from pipeline.local.schedule import Budget, Schedule

AMPLE = Budget(cpus=8, memory_gib=64)
DIAMOND = {"A": (), "B": ("A",), "C": ("A",), "D": ("B", "C")}


def start(schedule):
    nodes = schedule.startable()
    for node in nodes:
        schedule.started(node)
    return nodes


def test_a_node_starts_when_all_that_it_waits_for_is_done():
    schedule = Schedule(DIAMOND, AMPLE)

    assert start(schedule) == ["A"]
    assert start(schedule) == []
    schedule.finished("A")
    assert start(schedule) == ["B", "C"]
    schedule.finished("B")
    assert start(schedule) == []
    schedule.finished("C")
    assert start(schedule) == ["D"]
    assert not schedule.over
    schedule.finished("D")
    assert schedule.over


@pytest.mark.parametrize("budget", [Budget(1, 64), Budget(8, 2.9)])
def test_nodes_beside_one_another_stay_within_the_budget(budget):
    schedule = Schedule({"A": (), "B": ()}, budget)

    assert start(schedule) == ["A"]
    schedule.finished("A")
    assert start(schedule) == ["B"]


def test_what_fits_exactly_runs_side_by_side():
    assert start(Schedule({"A": (), "B": (), "C": ()}, Budget(2, 3.0))) == ["A", "B"]


@pytest.mark.parametrize("trainer", ["Trainer", "Tuner"])
def test_training_has_the_machine_to_itself(trainer):
    schedule = Schedule({trainer: (), "B": ()}, AMPLE)

    assert start(schedule) == [trainer]
    schedule.finished(trainer)
    assert start(schedule) == ["B"]
    assert not schedule._fits(trainer, [])


def test_a_node_larger_than_the_budget_runs_alone():
    schedule = Schedule({"A": (), "B": ()}, Budget(cpus=1, memory_gib=0.5))

    assert start(schedule) == ["A"]
    schedule.finished("A")
    assert start(schedule) == ["B"]


def test_after_a_stop_what_runs_is_let_finish_and_nothing_starts():
    schedule = Schedule({"A": (), "B": (), "C": ("B",)}, AMPLE)
    start(schedule)
    schedule.stopped_by("A")

    assert not schedule.wanted("C")
    assert schedule.running == {"B"}
    assert not schedule.over
    schedule.finished("B")
    assert schedule.startable() == []
    assert schedule.over


def test_the_data_gate_still_answers_when_something_else_failed():
    schedule = Schedule(
        {
            "Read": (),
            "Describe": ("Read",),
            "Transform": ("Read",),
            "ExampleValidator": ("Describe",),
        },
        AMPLE,
    )
    start(schedule)
    schedule.finished("Read")
    start(schedule)
    schedule.stopped_by("Transform")
    schedule.finished("Describe")

    assert start(schedule) == ["ExampleValidator"]
    schedule.stop()
    schedule.finished("ExampleValidator")
    assert schedule.over


def test_when_one_span_is_refused_the_gates_of_the_others_still_answer():
    schedule = Schedule(
        {
            "Read": (),
            "ExampleValidator.span-1": ("Read",),
            "Describe": ("Read",),
            "ExampleValidator.span-2": ("Describe",),
            "Train": ("ExampleValidator.span-1", "ExampleValidator.span-2"),
        },
        AMPLE,
    )
    start(schedule)
    schedule.finished("Read")
    start(schedule)
    schedule.stopped_by("ExampleValidator.span-1")
    schedule.finished("Describe")

    assert start(schedule) == ["ExampleValidator.span-2"]
    schedule.finished("ExampleValidator.span-2")
    assert schedule.over


def test_a_withdrawn_node_no_longer_keeps_the_run_going():
    schedule = Schedule({"A": (), "B": ()}, AMPLE)
    start(schedule)
    schedule.stopped_by("A")
    schedule.withdrawn("B")

    assert schedule.over


def test_stopping_before_the_start():
    schedule = Schedule(DIAMOND, AMPLE)
    schedule.stop()

    assert schedule.startable() == []
    assert schedule.over
