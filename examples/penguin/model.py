"""The penguin model: four measurements into a small dense network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import tensorflow_transform as tft

from components.trainer import keras_toolkit
from components.tuner import search

from .preprocessing import LABEL, MEASUREMENTS

if TYPE_CHECKING:
    import keras_tuner
    from tfx.components.trainer.fn_args_utils import FnArgs
    from tfx.components.tuner.component import TunerFnResult

# In the order of the label's ids.
SPECIES = ("Adelie", "Chinstrap", "Gentoo")


def build_model(hp: keras_tuner.HyperParameters) -> keras.Model:
    """Builds and compiles the model.

    Args:
        hp: Hyperparameters; what is asked of them here is what the Tuner searches.

    Returns:
        Model of transformed features, name -> [batch, 1], to the probability of each species,
        [batch, 3].
    """
    inputs = {name: keras.Input((1,), name=name) for name in MEASUREMENTS}
    hidden = keras.layers.Concatenate()(list(inputs.values()))
    for layer in range(hp.Int("layers", 1, 2, default=2)):
        hidden = keras.layers.Dense(hp.Choice(f"units_{layer}", [8, 16, 32]), "relu")(hidden)
    outputs = keras.layers.Dense(len(SPECIES), "softmax", name=LABEL)(hidden)
    model = keras.Model(inputs, outputs)
    model.compile(
        keras.optimizers.Adam(hp.Float("learning_rate", 1e-3, 3e-2, sampling="log", default=1e-2)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def tuner_fn(fn_args: FnArgs) -> TunerFnResult:
    """Searches the hyperparameters of `build_model` (called by Tuner)."""
    transformed = tft.TFTransformOutput(fn_args.transform_graph_path)
    train, evaluation = keras_toolkit.train_and_eval(fn_args, transformed)
    return search.random_search(fn_args, build_model, train, evaluation)


def run_fn(fn_args: FnArgs) -> None:
    """Trains the model and exports it (called by Trainer)."""
    keras_toolkit.set_seed(fn_args)
    transformed = tft.TFTransformOutput(fn_args.transform_graph_path)
    train, evaluation = keras_toolkit.train_and_eval(fn_args, transformed)
    model = build_model(keras_toolkit.hyperparameters(fn_args))
    keras_toolkit.warm_start(model, fn_args)
    keras_toolkit.fit(model, train, evaluation, fn_args)
    keras_toolkit.export_model(
        model,
        transformed,
        fn_args.serving_model_dir,
        label=LABEL,
        raw_label=LABEL,
        task=keras_toolkit.Task.MULTICLASS_CLASSIFICATION,
        class_names=SPECIES,
    )
