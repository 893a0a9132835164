"""One training of a Keras model: reproducible, stopped early, logged for TensorBoard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import keras_tuner

from components.trainer.options import TrainingOptions

if TYPE_CHECKING:
    import tensorflow as tf
    from tfx.components.trainer.fn_args_utils import FnArgs


def hyperparameters(fn_args: FnArgs) -> keras_tuner.HyperParameters:
    """Returns the Tuner's best hyperparameters, or an empty set: every default holds then."""
    if fn_args.hyperparameters is None:
        return keras_tuner.HyperParameters()
    return keras_tuner.HyperParameters.from_config(fn_args.hyperparameters)


def set_seed(fn_args: FnArgs) -> None:
    """Seeds Python, NumPy and TensorFlow; call it before the model is built."""
    keras.utils.set_random_seed(TrainingOptions.from_custom_config(fn_args.custom_config).seed)


def callbacks(fn_args: FnArgs) -> list[keras.callbacks.Callback]:
    """Returns what every training needs.

    Training stops when `val_loss` has not improved for `trainer.patience` epochs, and the weights
    of the best epoch are kept. The log for TensorBoard lies in `fn_args.model_run_dir`.
    """
    options = TrainingOptions.from_custom_config(fn_args.custom_config)
    return [
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.EarlyStopping(
            monitor="val_loss", patience=options.patience, restore_best_weights=True
        ),
        keras.callbacks.TensorBoard(fn_args.model_run_dir, write_graph=False),
    ]


def fit(
    model: keras.Model, train: tf.data.Dataset, evaluation: tf.data.Dataset, fn_args: FnArgs
) -> keras.callbacks.History:
    """Trains a compiled model in place.

    Args:
        model: Compiled model.
        train: Batches of one epoch.
        evaluation: Batches that `val_loss` is computed on.
        fn_args: Arguments of `run_fn`.

    Returns:
        Keras's history: metric name -> value for each epoch.
    """
    options = TrainingOptions.from_custom_config(fn_args.custom_config)
    if model.built:
        # Keras would make these variables while TensorFlow traces the training step, and TensorFlow
        # traces a second time what made variables: a quarter of a short training.
        model.optimizer.build(model.trainable_variables)
    return model.fit(
        train,
        validation_data=evaluation,
        epochs=options.epochs,
        callbacks=callbacks(fn_args),
        shuffle=False,  # the dataset shuffles
        verbose=2,
    )
