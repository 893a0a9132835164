"""A dry run shows every value, where it comes from, and the DAG."""

from __future__ import annotations

import pytest

from components.example_gen.window import Choice
from pipeline.config.loading import load_config, load_with_origins
from pipeline.config.rendering import render_config, render_dry_run


def lines(text):
    return {" ".join(line.split()) for line in text.splitlines()}


def test_values_that_are_no_defaults_name_their_origin(folder):
    overrides = ["trainer.epochs=3", "trainer.parameters={a: [1, 'x: y'], b: {c: 1e-3}}"]
    loaded = load_with_origins(folder, overrides, {"TIDEMILL_TUNER__TRIALS": "2"})

    assert lines(render_config(loaded)) >= {
        "name: taxi # the folder's name taxi",
        "data:",
        "path: data/*.csv # taxi/pipeline.yaml:2",
        "train: 2",
        "label: big_tip # taxi/pipeline.yaml:4",
        "label: null",
        "epochs: 3 # --set trainer.epochs=3",
        "epochs: 1",
        "trials: 2 # TIDEMILL_TUNER__TRIALS",
        f'a: [1, "x: y"] # --set {overrides[1]}',
        f"c: 0.001 # --set {overrides[1]}",
        "min: 0.7 # taxi/pipeline.yaml:7",
        "max: null",
    }


def test_a_replaced_mapping_has_the_origin_of_its_replacement(folder, write):
    write((folder / "pipeline.yaml").read_text() + "trainer: {epochs: 9, parameters: {a: 1}}")
    loaded = load_with_origins(folder, ["trainer={parameters: {a: 2}}"], {})

    assert lines(render_config(loaded)) >= {
        "epochs: 5",
        "a: 2 # --set trainer={parameters: {a: 2}}",
    }


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["evaluator.slices=[[a], [b, c]]", 'trainer.parameters={"a b": {}, c: "1e-3", d: [~]}'],
        ['data.label="a\\nb"', "trainer.parameters.x='a\nb'"],
    ],
)
def test_what_is_shown_loads_as_the_same_configuration(folder, overrides):
    loaded = load_with_origins(folder, overrides, {})

    (folder / "pipeline.yaml").write_text(render_config(loaded))

    assert load_config(folder, (), {}) == loaded.config


def test_the_dry_run_ends_with_the_dag(folder):
    loaded = load_with_origins(folder, ["tuner.enabled=true"], {})

    text = render_dry_run(loaded, Choice())

    assert text.startswith(render_config(loaded))
    assert "\n# The DAG: 11 nodes, each with the nodes that it waits for.\n" in text
    assert "\n#   Trainer            <- Transform, SchemaGen, Tuner, ExampleValidator\n" in text
    (folder / "pipeline.yaml").write_text(text)
    assert load_config(folder, (), {}) == loaded.config
