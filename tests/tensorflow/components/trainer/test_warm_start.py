"""A warm start takes the base's weights, or says which of them do not fit."""

from __future__ import annotations

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from components.trainer.warm_start import (
    ArchitectureChangedError,
    WarmStartError,
    Weight,
    keras_file,
    warm_start,
    weight_differences,
)

WORDS = Weight("words/embeddings", (90, 8))
KERNEL, BIAS = Weight("dense/kernel", (8, 16)), Weight("dense/bias", (16,))


@pytest.mark.parametrize(
    ("model", "differences"),
    [
        ([WORDS, KERNEL, BIAS], []),
        ([Weight("words_7/embeddings", (90, 8)), KERNEL, BIAS], []),  # only named otherwise
        ([Weight("words/embeddings", (95, 8)), KERNEL, BIAS],
         ["words/embeddings is (95, 8) and was (90, 8)"]),
        ([WORDS, KERNEL, BIAS, Weight("last/bias", (1,))], ["last/bias (1,) is new"]),
        ([WORDS, KERNEL], ["dense/bias (16,) is gone"]),
        ([], [f"{weight.name} {weight.shape} is gone" for weight in (WORDS, KERNEL, BIAS)]),
        ([WORDS, BIAS, KERNEL], ["the same weights in another order"]),
    ],
)  # fmt: skip
def test_how_weights_differ(model, differences):
    assert weight_differences([WORDS, KERNEL, BIAS], model) == differences


def test_a_long_list_is_cut():
    error = ArchitectureChangedError([f"layer_{number} is gone" for number in range(9)])
    assert "layer_4 is gone; and 4 more; " in str(error)
    assert len(error.differences) == 9


@pytest.mark.parametrize(
    ("served", "beside"),
    [
        ("/models/7/Format-Serving", "/models/7/model.keras"),
        ("gs://bucket/7/Format-Serving/", "gs://bucket/7/model.keras"),
        ("Format-Serving", "model.keras"),
    ],
)
def test_the_keras_model_lies_beside_what_is_served(served, beside):
    assert keras_file(served) == beside


def build(width):
    inputs = keras.Input((3,))
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(width, name="hidden")(inputs))
    return keras.Model(inputs, keras.layers.Dropout(0.1)(keras.layers.Dense(1)(hidden)))


@pytest.fixture
def base(tmp_path):
    keras.utils.set_random_seed(1)
    model = build(4)
    model.save(tmp_path / "model.keras")
    return model


@pytest.fixture
def fn_args(tmp_path):
    return SimpleNamespace(base_model=str(tmp_path / "Format-Serving"))


def test_the_weights_are_those_of_the_base(base, fn_args):
    model = build(4)
    assert not np.array_equal(model.get_weights()[0], base.get_weights()[0])
    assert warm_start(model, fn_args)
    for mine, its in zip(model.get_weights(), base.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)


def test_another_architecture_is_refused_by_name_and_shape(base, fn_args):
    model = build(6)
    before = model.get_weights()
    with pytest.raises(ArchitectureChangedError) as raised:
        warm_start(model, fn_args)
    assert "hidden/kernel is (3, 6) and was (3, 4)" in str(raised.value)
    assert "--set trainer.warm_start=false" in str(raised.value)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    assert base is not None


def test_without_a_base_the_start_is_cold():
    assert not warm_start(build(4), SimpleNamespace(base_model=None))


def test_a_base_that_was_not_exported_by_the_toolkit_is_named(fn_args, tmp_path):
    with pytest.raises(WarmStartError, match=r"has no .*model\.keras.*export_model"):
        warm_start(build(4), fn_args)
    (tmp_path / "model.keras").write_bytes(b"no archive")
    with pytest.raises(WarmStartError, match=r"model\.keras cannot be read.*warm_start=false"):
        warm_start(build(4), fn_args)
