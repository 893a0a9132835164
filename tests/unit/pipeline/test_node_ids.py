"""Ids of nodes: one for each span where the data comes in spans."""

from __future__ import annotations

from pipeline.node_ids import is_of_span, kind_of, like, of_span


def test_the_id_of_a_span_s_node():
    assert of_span("ExampleGen", 3) == "ExampleGen.span-3"
    assert kind_of("ExampleGen.span-3") == "ExampleGen"
    assert kind_of("ExampleGen") == "ExampleGen"


def test_whose_node_it_is():
    assert is_of_span("ExampleGen.span-3", 3)
    assert not is_of_span("ExampleGen.span-13", 3)
    assert not is_of_span("ExampleGen", 3)


def test_a_node_stands_beside_another_one_of_its_span():
    assert like("StatisticsGen", "ExampleGen.span-3") == "StatisticsGen.span-3"
    assert like("StatisticsGen", "ExampleGen") == "StatisticsGen"
