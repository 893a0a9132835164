"""The DAG in outline follows the configuration."""

from __future__ import annotations

import pytest

from pipeline.config.loading import load_config
from pipeline.dag_outline import outline, render_outline


@pytest.fixture
def nodes(folder):
    """Returns the outline for some options."""
    return lambda *overrides, spans=(): dict(outline(load_config(folder, overrides, {}), spans))


def test_the_whole_dag(nodes):
    whole = nodes("tuner.enabled=true")

    assert list(whole) == [
        "ExampleGen",
        "StatisticsGen",
        "SchemaGen",
        "ExampleValidator",
        "Transform",
        "Tuner",
        "Trainer",
        "LatestPushedModel",
        "Evaluator",
        "InfraValidator",
        "Pusher",
    ]
    assert whole["SchemaGen"] == ("StatisticsGen",)
    assert whole["Trainer"] == ("Transform", "SchemaGen", "Tuner", "ExampleValidator")


def test_nodes_that_are_left_out(nodes):
    small = nodes("infra_validator.enabled=false")

    assert not {"Tuner", "InfraValidator"} & set(small)
    assert small["Trainer"] == ("Transform", "SchemaGen", "ExampleValidator")
    assert "InfraValidator" not in small["Pusher"]


def test_a_run_that_never_searches_looks_the_latest_search_up(nodes):
    never = nodes("tuner.enabled=true", "tuner.run=never")

    assert "Tuner" not in never
    assert "LatestSearch" in never["Trainer"]
    assert "LatestSearch" not in nodes("tuner.run=never")


def test_a_warm_start_chooses_its_model_before_the_training(nodes):
    warm = nodes("trainer.warm_start=true", "tuner.enabled=true")

    assert "BaseModel" in warm["Trainer"]
    assert "Tuner" in warm["BaseModel"]


def test_a_curated_schema_waits_for_nothing(nodes):
    assert nodes("schema.file=x.pbtxt")["SchemaGen"] == ()


def test_each_span_has_its_own_way_to_the_gate_and_the_newest_one_judges(nodes):
    whole = nodes("tuner.enabled=true", spans=[2, 5])
    read = ("ExampleGen.span-2", "ExampleGen.span-5")
    gates = ("ExampleValidator.span-2", "ExampleValidator.span-5")

    assert list(whole)[:7] == [
        *read,
        "StatisticsGen.span-2",
        "StatisticsGen.span-5",
        "SchemaGen",
        *gates,
    ]
    assert whole["StatisticsGen.span-2"] == ("ExampleGen.span-2",)
    assert whole["SchemaGen"] == ("StatisticsGen.span-2", "StatisticsGen.span-5")
    assert whole["ExampleValidator.span-5"] == ("StatisticsGen.span-5", "SchemaGen")
    assert whole["Transform"] == (*read, "SchemaGen")
    assert whole["Trainer"] == ("Transform", "SchemaGen", "Tuner", *gates)
    assert whole["Evaluator"][0] == "ExampleGen.span-5"
    assert whole["InfraValidator"] == ("Trainer", "ExampleGen.span-5", "SchemaGen")
    judged = ("LatestPushedModel", "Evaluator", "InfraValidator")
    assert whole["Pusher"] == ("Trainer", *judged, *read)


@pytest.mark.parametrize("spans", [(), (4,), (1, 2, 3)])
@pytest.mark.parametrize("enabled", ["true", "false"])
def test_every_node_comes_after_those_it_waits_for(nodes, enabled, spans):
    seen = set()
    for node_id, upstream in nodes(
        f"tuner.enabled={enabled}", f"infra_validator.enabled={enabled}", spans=spans
    ).items():
        assert set(upstream) <= seen
        seen.add(node_id)


def test_the_outline_as_text(folder):
    lines = render_outline(outline(load_config(folder, (), {}))).splitlines()

    assert lines[0] == "ExampleGen"
    assert lines[3] == "ExampleValidator   <- StatisticsGen, SchemaGen"
