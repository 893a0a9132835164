"""Turns a penguin's raw measurements into the features of the model."""

from __future__ import annotations

from typing import TypeAlias

import tensorflow as tf
import tensorflow_transform as tft

Features: TypeAlias = dict[str, tf.Tensor | tf.SparseTensor]

LABEL = "species"
MEASUREMENTS = ("body_mass_g", "culmen_depth_mm", "culmen_length_mm", "flipper_length_mm")


def preprocessing_fn(inputs: Features) -> dict[str, tf.Tensor]:
    """Builds the transform graph (called by Transform, once).

    Args:
        inputs: Raw features, name -> tensor of shape [batch, 1]: dense where every penguin has
            the feature, sparse where it may be missing. The label is among them.

    Returns:
        Features of the model and the label, name -> dense tensor of shape [batch, 1].
    """
    outputs = {name: _scaled(inputs[name]) for name in MEASUREMENTS}
    outputs[LABEL] = tf.reshape(inputs[LABEL], [-1, 1])
    return outputs


def _scaled(feature: tf.Tensor | tf.SparseTensor) -> tf.Tensor:
    """Returns the z-score of a measurement; a missing one is 0, which is the mean."""
    scaled = tft.scale_to_z_score(feature)
    if isinstance(scaled, tf.SparseTensor):
        return tft.sparse_tensor_to_dense_with_shape(scaled, [None, 1], 0.0)
    return tf.reshape(scaled, [-1, 1])
