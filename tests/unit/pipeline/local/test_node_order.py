"""Which nodes start when: order, budget, stops."""

from __future__ import annotations

import pytest

from pipeline.local.node_order import Budget, NodeOrder

AMPLE = Budget(cpus=8, memory_gib=64)
DIAMOND = {"A": (), "B": ("A",), "C": ("A",), "D": ("B", "C")}


def start(order):
    nodes = order.startable()
    for node in nodes:
        order.started(node)
    return nodes


def test_a_node_starts_when_all_that_it_waits_for_is_done():
    order = NodeOrder(DIAMOND, AMPLE)

    assert start(order) == ["A"]
    assert start(order) == []
    order.finished("A")
    assert start(order) == ["B", "C"]
    order.finished("B")
    assert start(order) == []
    order.finished("C")
    assert start(order) == ["D"]
    assert not order.over
    order.finished("D")
    assert order.over


@pytest.mark.parametrize("budget", [Budget(1, 64), Budget(8, 2.9)])
def test_nodes_beside_one_another_stay_within_the_budget(budget):
    order = NodeOrder({"A": (), "B": ()}, budget)

    assert start(order) == ["A"]
    order.finished("A")
    assert start(order) == ["B"]


def test_what_fits_exactly_runs_side_by_side():
    assert start(NodeOrder({"A": (), "B": (), "C": ()}, Budget(2, 3.0))) == ["A", "B"]


@pytest.mark.parametrize("trainer", ["Trainer", "Tuner"])
def test_training_has_the_machine_to_itself(trainer):
    order = NodeOrder({trainer: (), "B": ()}, AMPLE)

    assert start(order) == [trainer]
    order.finished(trainer)
    assert start(order) == ["B"]
    assert not order._fits(trainer, [])


def test_a_node_larger_than_the_budget_runs_alone():
    order = NodeOrder({"A": (), "B": ()}, Budget(cpus=1, memory_gib=0.5))

    assert start(order) == ["A"]
    order.finished("A")
    assert start(order) == ["B"]


def test_after_a_stop_what_runs_is_let_finish_and_nothing_starts():
    order = NodeOrder({"A": (), "B": (), "C": ("B",)}, AMPLE)
    start(order)
    order.stopped_by("A")

    assert not order.wanted("C")
    assert order.running == {"B"}
    assert not order.over
    order.finished("B")
    assert order.startable() == []
    assert order.over


def test_the_data_gate_still_answers_when_something_else_failed():
    order = NodeOrder(
        {
            "Read": (),
            "Describe": ("Read",),
            "Transform": ("Read",),
            "ExampleValidator": ("Describe",),
        },
        AMPLE,
    )
    start(order)
    order.finished("Read")
    start(order)
    order.stopped_by("Transform")
    order.finished("Describe")

    assert start(order) == ["ExampleValidator"]
    order.stop()
    order.finished("ExampleValidator")
    assert order.over


def test_when_one_span_is_refused_the_gates_of_the_others_still_answer():
    order = NodeOrder(
        {
            "Read": (),
            "ExampleValidator.span-1": ("Read",),
            "Describe": ("Read",),
            "ExampleValidator.span-2": ("Describe",),
            "Train": ("ExampleValidator.span-1", "ExampleValidator.span-2"),
        },
        AMPLE,
    )
    start(order)
    order.finished("Read")
    start(order)
    order.stopped_by("ExampleValidator.span-1")
    order.finished("Describe")

    assert start(order) == ["ExampleValidator.span-2"]
    order.finished("ExampleValidator.span-2")
    assert order.over


def test_a_withdrawn_node_no_longer_keeps_the_run_going():
    order = NodeOrder({"A": (), "B": ()}, AMPLE)
    start(order)
    order.stopped_by("A")
    order.withdrawn("B")

    assert order.over


def test_stopping_before_the_start():
    order = NodeOrder(DIAMOND, AMPLE)
    order.stop()

    assert order.startable() == []
    assert order.over
