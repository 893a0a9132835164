"""Starts a training from the weights of the model that was pushed last."""

from __future__ import annotations

import itertools
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import keras
import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tfx.components.trainer.fn_args_utils import FnArgs

KERAS_FILE = "model.keras"
START_COLD = "to start anew, run once with --set trainer.warm_start=false"
_DIFFERENCES_SHOWN = 5


class Weight(NamedTuple):
    """One array of a model's weights.

    Attributes:
        name: Layer and weight: `dense/kernel`.
        shape: Its shape.
    """

    name: str
    shape: tuple[int, ...]


class WarmStartError(Exception):
    """The training cannot start from the latest pushed model."""


class ArchitectureChangedError(WarmStartError):
    """The model has other weights than the one that it is to start from.

    Attributes:
        differences: Each difference, in words.
    """

    def __init__(self, differences: Sequence[str]) -> None:
        self.differences = tuple(differences)
        shown = "; ".join(self.differences[:_DIFFERENCES_SHOWN])
        more = len(self.differences) - _DIFFERENCES_SHOWN
        rest = f"; and {more} more" if more > 0 else ""
        super().__init__(
            "the model's architecture is not that of the latest pushed model, from which it is to "
            f"start: {shown}{rest}; {START_COLD}"
        )


def warm_start(model: keras.Model, fn_args: FnArgs) -> bool:
    """Gives a model the weights of the one that was pushed last, if `trainer.warm_start` asks so.

    Call it when the model is built and before it is trained. Only weights are taken: optimizers
    start anew.

    Args:
        model: The model, built; its weights are replaced.
        fn_args: Arguments of `run_fn`.

    Returns:
        Whether the model now has those weights; False where there is no model to start from.

    Raises:
        ArchitectureChangedError: The two models' weights differ in number or shape; names them.
        WarmStartError: The other model cannot be read.
    """
    base_folder = fn_args.base_model
    if base_folder is None:
        return False
    base = _load(keras_file(base_folder))
    differences = weight_differences(_weights(base), _weights(model))
    if differences:
        raise ArchitectureChangedError(differences)
    model.set_weights(base.get_weights())
    return True


def keras_file(serving_model_dir: str) -> str:
    """Returns the file of a trained Keras model: beside the folder that is served, never in it."""
    folder, _, _ = serving_model_dir.rstrip("/").rpartition("/")
    return f"{folder}/{KERAS_FILE}" if folder else KERAS_FILE


def weight_differences(base: Sequence[Weight], model: Sequence[Weight]) -> list[str]:
    """Returns how the weights of two models differ; empty if one can have the other's.

    Names alone make no difference, because Keras numbers layers in the order of their making.

    Args:
        base: Weights of the model to start from, in order.
        model: Weights of the model that is to start, in order.
    """
    pairs = list(itertools.zip_longest(base, model))
    if all(old and new and _kind(old) == _kind(new) for old, new in pairs):
        return []
    before = {weight.name: weight.shape for weight in base}
    after = {weight.name: weight.shape for weight in model}
    changes = [
        _difference(name, before.get(name), after.get(name))
        for name in dict.fromkeys([*after, *before])
        if before.get(name) != after.get(name)
    ]
    return changes or ["the same weights in another order"]


def _difference(name: str, before: tuple[int, ...] | None, after: tuple[int, ...] | None) -> str:
    if after is None:
        return f"{name} {before} is gone"
    if before is None:
        return f"{name} {after} is new"
    return f"{name} is {after} and was {before}"


def _kind(weight: Weight) -> tuple[str, tuple[int, ...]]:
    return PurePosixPath(weight.name).name, weight.shape


def _weights(model: keras.Model) -> list[Weight]:
    return [Weight(weight.path, tuple(weight.shape)) for weight in model.weights]


def _load(path: str) -> keras.Model:
    if not tf.io.gfile.exists(path):
        raise WarmStartError(
            f"the latest pushed model has no {path}, which keras_toolkit.export_model writes; "
            f"{START_COLD}"
        )
    try:
        return keras.saving.load_model(path, compile=False)
    except (OSError, TypeError, ValueError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise WarmStartError(
            f"{path} cannot be read ({reason}); layers of one's own need "
            f"keras.saving.register_keras_serializable; {START_COLD}"
        ) from error
