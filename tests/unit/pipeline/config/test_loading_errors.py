"""Every error names the place, the key, the value and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest

FILE = "taxi/pipeline.yaml"


def test_an_unknown_key_of_the_file(folder, write, problems):
    write((folder / "pipeline.yaml").read_text() + "\ntrainer:\n  epoch: 3\n")

    assert problems() == [
        f"{FILE}:10: trainer.epoch = 3: unknown key; did you mean trainer.epochs?"
    ]


def test_an_unknown_section_of_the_file(folder, write, problems):
    write((folder / "pipeline.yaml").read_text() + "trainr:\n  epochs: 3\n")

    assert problems() == [f"{FILE}:8: trainr = {{epochs: 3}}: unknown key; did you mean trainer?"]


def test_an_unknown_key_of_an_option(problems):
    assert problems("trainer.epoch=3") == [
        "from --set trainer.epoch=3: trainer.epoch = 3: unknown key; did you mean trainer.epochs?"
    ]


def test_an_unknown_section_of_an_option(problems):
    assert problems("trainr.epochs=3") == [
        "from --set trainr.epochs=3: trainr.epochs = 3: unknown key; did you mean trainer.epochs?"
    ]


def test_an_unknown_key_of_a_variable(problems):
    assert problems(TIDEMILL_TRAINER__EPOCH="3") == [
        (
            "from environment variable TIDEMILL_TRAINER__EPOCH: trainer.epoch = 3: unknown key; "
            "did you mean trainer.epochs?"
        )
    ]


def test_a_key_that_another_section_has(problems):
    assert problems("epochs=3") == [
        "from --set epochs=3: epochs = 3: unknown key; did you mean tuner.epochs or trainer.epochs?"
    ]


def test_a_key_that_is_near_to_none(problems):
    assert problems("pusher.zzz=3") == [
        (
            "from --set pusher.zzz=3: pusher.zzz = 3: unknown key; the keys below pusher are "
            "model_store, keep_versions, servers, push_older_span"
        )
    ]


def test_a_variable_that_is_no_key(problems):
    assert problems(TIDEMILL_TRAINER_EPOCHS="3") == [
        (
            "from environment variable TIDEMILL_TRAINER_EPOCHS: sets no key of the configuration; "
            "did you mean TIDEMILL_TRAINER__EPOCHS?"
        )
    ]
    assert problems(TIDEMILL_HOMES="/x") == [
        (
            "from environment variable TIDEMILL_HOMES: sets no key of the configuration; "
            "did you mean TIDEMILL_HOME?"
        )
    ]
    assert problems(TIDEMILL_ZZZZZZZZZZZZZZ="x") == [
        (
            "from environment variable TIDEMILL_ZZZZZZZZZZZZZZ: sets no key of the configuration; "
            "names are TIDEMILL_SECTION__KEY"
        )
    ]


def test_what_may_be_a_secret_of_somebody_else_is_not_shown(problems):
    (problem,) = problems(TIDEMILL_MYSQL_PASWORD="hunter2")  # noqa: S106  the name is misspelt

    assert "hunter2" not in problem
    assert problem.endswith("did you mean TIDEMILL_MYSQL_PASSWORD?")


def test_missing_keys(write, problems):
    write("data: {format: csv}\nevaluator:\n  metrics: {AUC: {min: 0.7}}\n")

    assert problems() == [
        (
            f"{FILE}: transform.label: missing; add `label: ...` below transform "
            "(name of the label among the transformed features)"
        ),
        (
            f"{FILE}:1: data.path: missing; add `path: ...` below data (folder, file or glob, "
            "relative to the use case's folder)"
        ),
    ]


def test_a_missing_file(folder, problems):
    (folder / "pipeline.yaml").unlink()

    assert problems() == [
        (
            "taxi: has no pipeline.yaml; a use case is a folder with pipeline.yaml, "
            "preprocessing.py and model.py"
        )
    ]


def test_a_missing_folder_and_a_file_in_its_place(folder, problems):
    advice = "a use case is a folder with pipeline.yaml, preprocessing.py and model.py"

    assert problems(use_case=Path("nowhere")) == [f"nowhere: no such folder; {advice}"]
    assert problems(use_case=folder / "pipeline.yaml") == [f"{FILE}: is not a folder; {advice}"]


def test_a_file_that_is_a_folder(folder, problems):
    (folder / "pipeline.yaml").unlink()
    (folder / "pipeline.yaml").mkdir()

    assert problems() == [f"{FILE}: cannot be read: Is a directory"]


def test_a_folder_s_name_that_is_no_pipeline_s_name(folder, problems):
    folder.rename("Taxi")

    assert problems(use_case=Path("Taxi")) == [
        (
            "from the folder's name Taxi: name = Taxi: must be a lower-case letter followed by "
            "lower-case letters, digits, _ or -, such as taxi; set name in pipeline.yaml"
        )
    ]


@pytest.mark.parametrize("override", ["trainer.epochs", "=3", "trainer..epochs=3", ".epochs=3"])
def test_an_option_of_the_wrong_form(override, problems):
    assert problems(override) == [
        (
            f"from --set {override}: must be KEY=VALUE with a dotted key, "
            "such as --set trainer.epochs=3"
        )
    ]


def test_two_variables_of_one_key(problems):
    assert problems(TIDEMILL_TRAINER__EPOCHS="1", TIDEMILL_TRAINER__epochs="2") == [
        (
            "from environment variable TIDEMILL_TRAINER__epochs: trainer.epochs = 2: "
            "TIDEMILL_TRAINER__EPOCHS sets this key too; remove one"
        )
    ]


def test_a_key_below_a_value_of_an_option_names_the_later_option(problems):
    assert problems("trainer.epochs=3", "trainer.epochs.x=3") == [
        "from --set trainer.epochs.x=3: trainer.epochs = {x: 3}: must be an integer"
    ]


def test_a_key_below_a_value_names_the_option(folder, write, problems):
    write((folder / "pipeline.yaml").read_text() + "trainer: {epochs: 3}")

    assert problems("trainer.epochs.x=3") == [
        "from --set trainer.epochs.x=3: trainer.epochs = {x: 3}: must be an integer"
    ]


def test_all_problems_are_told_at_once(write, problems):
    write("data: {path: x, path: y}\ntrainer: {epochs: no}\nzzz: 1\n")

    found = problems("tuner.trials=0", "x", TIDEMILL_TUNER__EPOCHS="0", TIDEMILL_X="1")

    assert [message.partition(": ")[0] for message in found] == [
        FILE,
        FILE,
        f"{FILE}:1",
        f"{FILE}:2",
        f"{FILE}:3",
        "from environment variable TIDEMILL_X",
        "from environment variable TIDEMILL_TUNER__EPOCHS",
        "from --set x",
        "from --set tuner.trials=0",
    ]


def test_long_values_are_cut(problems):
    override = f"trainer.epochs={'x' * 100}"

    assert problems(override) == [
        f"from --set {override}: trainer.epochs = {'x' * 57}...: must be an integer"
    ]
