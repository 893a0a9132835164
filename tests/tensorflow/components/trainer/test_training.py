from pathlib import Path
from types import SimpleNamespace

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf

from components.trainer.training import fit, hyperparameters, set_seed

TRAINING = {
    "label": "y",
    "raw_label": None,
    "epochs": 20,
    "batch_size": 8,
    "patience": 2,
    "seed": 3,
    "parameters": {},
}
X = np.linspace(-1.0, 1.0, 16, dtype="float32")[:, None]


@pytest.fixture
def fn_args(tmp_path):
    return SimpleNamespace(
        custom_config={"training": TRAINING}, model_run_dir=str(tmp_path), hyperparameters=None
    )


def model():
    built = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    built.compile(keras.optimizers.SGD(0.3), "mse")
    return built


def batches(slope):
    return tf.data.Dataset.from_tensor_slices((X, slope * X)).batch(8)


def test_stops_early_with_the_weights_of_the_best_epoch_and_a_log(fn_args):
    set_seed(fn_args)
    trained = model()
    # What the model learns takes it away from what it is judged by: the first epoch is the best.
    trained.set_weights([np.array([[0.0]]), np.array([0.0])])
    history = fit(trained, batches(5.0), batches(-5.0), fn_args).history["val_loss"]
    assert len(history) == 1 + TRAINING["patience"]
    assert history[0] == min(history)
    assert trained.evaluate(batches(-5.0), verbose=0) == pytest.approx(history[0])
    assert list(Path(fn_args.model_run_dir).rglob("events.out.tfevents.*"))


def test_the_seed_makes_the_weights(fn_args):
    weights = []
    for _ in range(2):
        set_seed(fn_args)
        weights.append(model().get_weights()[0])
    np.testing.assert_array_equal(*weights)


def test_hyperparameters_are_the_tuners_or_the_defaults(fn_args):
    assert hyperparameters(fn_args).Int("units", 1, 9, default=4) == 4
    best = keras_tuner.HyperParameters()
    best.Fixed("units", 7)
    fn_args.hyperparameters = best.get_config()
    assert hyperparameters(fn_args).Int("units", 1, 9, default=4) == 7
