"""The taxi model: embeddings and scaled amounts into a small dense network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow_transform as tft

from components.trainer import keras_toolkit
from components.tuner import search

from .preprocessing import AMOUNTS, IDS, LABEL, OTHER_WORDS, WORDS

if TYPE_CHECKING:
    import keras_tuner
    from tfx.components.trainer.fn_args_utils import FnArgs
    from tfx.components.tuner.component import TunerFnResult

RAW_LABEL = "tips"
CLASS_NAMES = ("small_tip", "big_tip")


def build_model(hp: keras_tuner.HyperParameters, transformed: tft.TFTransformOutput) -> keras.Model:
    """Builds and compiles the model.

    Args:
        hp: Hyperparameters; what is asked of them here is what the Tuner searches.
        transformed: Output of Transform, for the sizes of the vocabularies.

    Returns:
        Model of transformed features, name -> [batch, 1], to the probability of a big tip,
        [batch, 1].
    """
    sizes = IDS | {w: transformed.vocabulary_size_by_name(w) + OTHER_WORDS for w in WORDS}
    amounts = {name: keras.Input((1,), name=name) for name in AMOUNTS}
    ids = {name: keras.Input((1,), name=name, dtype="int64") for name in sizes}
    # One table holds the vectors of all features, one feature after the other: a table for each
    # would give the same model, but TensorFlow traces and saves it more slowly.
    first_rows = np.cumsum([0, *sizes.values()])[:-1]
    rows = keras.layers.Concatenate()(list(ids.values())) + first_rows
    width = hp.Choice("embedding_width", [4, 8, 16], default=8)
    vectors = keras.layers.Embedding(sum(sizes.values()), width)(rows)
    hidden = keras.layers.Concatenate()([*amounts.values(), keras.layers.Flatten()(vectors)])
    for layer in range(hp.Int("layers", 1, 3, default=2)):
        hidden = keras.layers.Dense(hp.Choice(f"units_{layer}", [32, 64, 128]), "relu")(hidden)
    hidden = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.3, step=0.1, default=0.1))(hidden)
    model = keras.Model(amounts | ids, keras.layers.Dense(1, "sigmoid", name=LABEL)(hidden))
    model.compile(
        keras.optimizers.Adam(hp.Float("learning_rate", 3e-4, 1e-2, sampling="log", default=2e-3)),
        loss="binary_crossentropy",
        metrics=[keras.metrics.AUC(name="auc")],
    )
    return model


def tuner_fn(fn_args: FnArgs) -> TunerFnResult:
    """Searches the hyperparameters of `build_model` (called by Tuner)."""
    transformed = tft.TFTransformOutput(fn_args.transform_graph_path)
    train, evaluation = keras_toolkit.train_and_eval(fn_args, transformed)
    return search.random_search(fn_args, lambda hp: build_model(hp, transformed), train, evaluation)


def run_fn(fn_args: FnArgs) -> None:
    """Trains the model and exports it (called by Trainer)."""
    keras_toolkit.set_seed(fn_args)
    transformed = tft.TFTransformOutput(fn_args.transform_graph_path)
    train, evaluation = keras_toolkit.train_and_eval(fn_args, transformed)
    model = build_model(keras_toolkit.hyperparameters(fn_args), transformed)
    keras_toolkit.warm_start(model, fn_args)
    keras_toolkit.fit(model, train, evaluation, fn_args)
    keras_toolkit.export_model(
        model,
        transformed,
        fn_args.serving_model_dir,
        label=LABEL,
        raw_label=RAW_LABEL,
        task=keras_toolkit.Task.BINARY_CLASSIFICATION,
        class_names=CLASS_NAMES,
    )
