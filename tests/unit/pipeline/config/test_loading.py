"""Where values come from, and which one wins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.config.loading import load_config
from pipeline.config.models import PipelineConfig

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"


def test_the_smallest_file_gives_every_default(folder):
    config = load_config(folder, (), {})

    assert config.name == "taxi"
    assert config.data.format == "csv"
    assert config.data.splits == {"train": 2, "eval": 1}
    assert config.data.label is None
    assert config.schema_.file is None
    assert config.transform.preprocessing_fn == "preprocessing.preprocessing_fn"
    assert not config.tuner.enabled
    assert config.trainer.epochs == 5
    assert config.trainer.parameters == {}
    assert config.evaluator.slices == ()
    assert config.evaluator.metrics["AUC"].min == 0.7
    assert config.infra_validator.enabled
    assert config.pusher.model_store is None
    assert config.resources.cpus is None


def test_option_wins_over_environment_over_file_over_default(folder, write):
    write((folder / "pipeline.yaml").read_text() + "trainer: {epochs: 10, patience: 10, seed: 10}")

    config = load_config(
        folder,
        ["trainer.epochs=30"],
        {"TIDEMILL_TRAINER__EPOCHS": "20", "TIDEMILL_TRAINER__PATIENCE": "20"},
    )

    trainer = config.trainer
    assert (trainer.epochs, trainer.patience, trainer.seed) == (30, 20, 10)
    assert trainer.batch_size == 256


def test_what_is_allowed_may_be_written_in_three_ways(folder, write):
    write(
        "data:\n  path: x\n  allow:\n    - SCHEMA_NEW_COLUMN\n    - tolls\n    - company:\n"
        "    - fare: FLOAT_TYPE_BIG_FLOAT\n"
        "    - tips: [FLOAT_TYPE_BIG_FLOAT, FLOAT_TYPE_SMALL_FLOAT]\n"
        "transform: {label: x}\nevaluator: {metrics: {AUC: {min: 0.5}}}\n"
    )
    config = load_config(folder, (), {})

    assert config.data.allow == (
        "SCHEMA_NEW_COLUMN",
        "tolls",
        "company",
        "fare: FLOAT_TYPE_BIG_FLOAT",
        "tips: FLOAT_TYPE_BIG_FLOAT, FLOAT_TYPE_SMALL_FLOAT",
    )
    again = PipelineConfig.model_validate_json(config.model_dump_json(by_alias=True))
    assert again == config


def test_the_last_option_wins(folder):
    assert load_config(folder, ["trainer.epochs=1", "trainer.epochs=2"], {}).trainer.epochs == 2


def test_a_variable_of_a_section_comes_before_those_of_its_keys(folder):
    environ = {"TIDEMILL_TRAINER__EPOCHS": "7", "TIDEMILL_trainer": "{epochs: 3, seed: 3}"}

    trainer = load_config(folder, (), environ).trainer

    assert (trainer.epochs, trainer.seed) == (7, 3)


def test_an_option_changes_one_entry_of_a_free_mapping(folder, write):
    write((folder / "pipeline.yaml").read_text() + "trainer: {parameters: {units: [1], rate: 0.1}}")

    config = load_config(
        folder,
        [
            "trainer.parameters.rate=1e-3",
            "trainer.parameters.new.deep=x",
            "evaluator.metrics.AUC.min=0.8",
            "evaluator.metrics.BinaryAccuracy.min=0.5",
        ],
        {},
    )

    assert config.trainer.parameters == {"units": [1], "rate": 0.001, "new": {"deep": "x"}}
    assert {name: m.min for name, m in config.evaluator.metrics.items()} == {
        "AUC": 0.8,
        "BinaryAccuracy": 0.5,
    }


def test_an_option_replaces_a_whole_list_or_mapping(folder, write):
    write((folder / "pipeline.yaml").read_text() + "trainer: {epochs: 9, parameters: {a: 1}}")

    config = load_config(
        folder, ["evaluator.slices=[[a], [b, c]]", "trainer={parameters: {b: 2}}"], {}
    )

    assert config.evaluator.slices == (("a",), ("b", "c"))
    assert config.trainer.parameters == {"b": 2}
    assert config.trainer.epochs == 5


def test_variables_match_keys_of_any_case_and_keep_names_of_metrics(folder, write):
    write((folder / "pipeline.yaml").read_text() + "trainer: {parameters: {hiddenUnits: 1}}")
    environ = {
        "TIDEMILL_TRAINER__PARAMETERS__HIDDENUNITS": "2",
        "TIDEMILL_TRAINER__PARAMETERS__DROP_OUT": "0.5",
        "TIDEMILL_EVALUATOR__METRICS__auc__MIN": "0.6",
        "TIDEMILL_EVALUATOR__METRICS__BinaryAccuracy__MIN": "0.5",
        "TIDEMILL_SCHEMA__INFER_SHAPES": "false",
    }

    config = load_config(folder, (), environ)

    assert config.trainer.parameters == {"hiddenUnits": 2, "drop_out": 0.5}
    assert list(config.evaluator.metrics) == ["AUC", "BinaryAccuracy"]
    assert config.evaluator.metrics["AUC"].min == 0.6
    assert not config.schema_.infer_shapes


def test_other_variables_are_left_alone(folder):
    environ = {
        "PATH": "/bin",
        "TIDEMILL_HOME": "/data",
        "TIDEMILL_DEBUG": "1",
        "TIDEMILL_MYSQL_PASSWORD": "hunter2",
        "TIDEMILL_TEST_IMAGE": "localhost/tidemill:dev",
        "TIDEMILL_LOAD_IMAGE": "kind load image-archive",
        "TIDEMILL_BENCH_SECONDS": "2",
        "TIDEMILL_SERVER_SERVICE_HOST": "10.0.0.1",
        "TIDEMILL_SERVER_SERVICE_PORT_HTTP": "8501",
        "TIDEMILL_SERVER_PORT": "tcp://10.0.0.1:8501",
        "TIDEMILL_SERVER_PORT_8501_TCP_ADDR": "10.0.0.1",
    }

    assert load_config(folder, (), environ) == load_config(folder, (), {})


def test_the_environment_is_the_process_s_by_default(folder, monkeypatch):
    monkeypatch.setenv("TIDEMILL_TRAINER__EPOCHS", "8")

    assert load_config(folder).trainer.epochs == 8


def test_nothing_after_the_sign_is_null(folder, write):
    write((folder / "pipeline.yaml").read_text().replace("data:", "data:\n  label: tips"))

    assert load_config(folder, ["data.label="], {}).data.label is None


def test_sections_with_nothing_below_have_their_defaults(folder, write):
    write((folder / "pipeline.yaml").read_text() + "tuner:\ntrainer:\n  parameters:\npusher:\n")

    assert load_config(folder, ["trainer.parameters.a=1"], {}).trainer.parameters == {"a": 1}


def test_the_name_in_the_file_wins_over_the_folder_s(folder, write):
    write("name: trips\n" + (folder / "pipeline.yaml").read_text())

    assert load_config(folder, (), {}).name == "trips"


def test_anchors_and_a_byte_order_mark_are_read(folder, write):
    write(
        "\ufeff"
        + (folder / "pipeline.yaml").read_text()
        + "tuner: {epochs: &n 4}\ntrainer: {epochs: *n}"
    )

    assert load_config(folder, (), {}).trainer.epochs == 4


def test_a_configuration_is_immutable(folder):
    config = load_config(folder, (), {})

    with pytest.raises(ValueError, match="frozen"):
        config.trainer.epochs = 3  # type: ignore[misc]


def test_a_configuration_survives_json(folder):
    config = load_config(folder, ["evaluator.slices=[[a]]", "trainer.parameters.a=[1, null]"], {})

    text = json.dumps(config.model_dump(mode="json", by_alias=True))

    assert PipelineConfig.model_validate_json(text) == config


@pytest.mark.parametrize(
    "example", sorted(EXAMPLES.glob("*/pipeline.yaml")), ids=lambda p: p.parent.name
)
def test_every_example_is_valid(example):
    assert load_config(example.parent, (), {}).name == example.parent.name
