"""Turns a raw taxi trip into the features of the model: the same graph trains and serves."""

from __future__ import annotations

from typing import TypeAlias

import tensorflow as tf
import tensorflow_transform as tft

Features: TypeAlias = dict[str, tf.Tensor | tf.SparseTensor]

LABEL = "big_tip"
BIG_TIP_SHARE = 0.2

# Amounts with a long tail: their logarithm is scaled to mean 0 and variance 1.
AMOUNTS = ("fare", "trip_miles", "trip_seconds")

# Small integers that are used as they are: name -> one more than the largest id. Id 0 of an
# optional feature means that the trip does not have it.
IDS = {
    "trip_start_hour": 24,
    "trip_start_day": 8,
    "trip_start_month": 13,
    "pickup_community_area": 78,
    "dropoff_community_area": 78,
}

# Words: name -> how many of the most frequent ones are kept; the rest share id 0.
WORDS = {"payment_type": 10, "company": 50}
NO_WORD = "(none)"
OTHER_WORDS = 1


def preprocessing_fn(inputs: Features) -> dict[str, tf.Tensor]:
    """Builds the transform graph (called by Transform, once).

    Args:
        inputs: Raw features, name -> tensor of shape [batch, 1]: dense where every trip has the
            feature, sparse where it may be missing. The label's source, `tips`, is among them.

    Returns:
        Features of the model and the label, name -> dense tensor of shape [batch, 1].
    """
    outputs = {name: _scaled_amount(inputs[name]) for name in AMOUNTS}
    for name, size in IDS.items():
        outputs[name] = _bounded_id(inputs[name], size)
    for name, top_k in WORDS.items():
        known = tft.compute_and_apply_vocabulary(
            _dense(inputs[name], NO_WORD), default_value=-1, top_k=top_k, vocab_filename=name
        )
        outputs[name] = known + OTHER_WORDS
    big = _dense(inputs["tips"], 0.0) > BIG_TIP_SHARE * _dense(inputs["fare"], 0.0)
    outputs[LABEL] = tf.cast(big, tf.int64)
    return outputs


def _dense(feature: tf.Tensor | tf.SparseTensor, missing: float | str) -> tf.Tensor:
    """Returns the feature as [batch, 1], with `missing` where a trip does not have it."""
    if isinstance(feature, tf.SparseTensor):
        return tft.sparse_tensor_to_dense_with_shape(feature, [None, 1], missing)
    return tf.reshape(feature, [-1, 1])


def _scaled_amount(feature: tf.Tensor | tf.SparseTensor) -> tf.Tensor:
    """Returns the z-score of log(1 + amount); a missing amount is 0, which is the mean."""
    if isinstance(feature, tf.SparseTensor):
        return _dense(tft.scale_to_z_score(feature.with_values(_log(feature.values))), 0.0)
    return tft.scale_to_z_score(_log(_dense(feature, 0.0)))


def _log(amount: tf.Tensor) -> tf.Tensor:
    return tf.math.log1p(tf.maximum(tf.cast(amount, tf.float32), 0.0))


def _bounded_id(feature: tf.Tensor | tf.SparseTensor, size: int) -> tf.Tensor:
    """Returns ids in [0, size): an id outside would stop the model's embedding, not just err."""
    return tf.clip_by_value(tf.cast(_dense(feature, 0), tf.int64), 0, size - 1)
