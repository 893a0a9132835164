"""Optional features, without what stands for a value that is missing."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeAlias

import tensorflow as tf

from components.missing_values import MISSING_INT, MISSING_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Features: TypeAlias = dict[str, Any]
PreprocessingFn: TypeAlias = "Callable[[Features], Features]"

_ANY_NUMBER_OF_VALUES = [None, None]


def without_missing_values(preprocessing_fn: PreprocessingFn) -> PreprocessingFn:
    """Returns a `preprocessing_fn` whose optional features hold no missing values.

    Being part of the graph, it holds for what is analysed, trained on, evaluated and served alike,
    whatever the examples were made from.
    """

    @functools.wraps(preprocessing_fn)
    def on_present_values(inputs: Mapping[str, Any]) -> Features:
        return preprocessing_fn({name: _present(feature) for name, feature in inputs.items()})

    return on_present_values


def _present(feature: Any) -> Any:
    """Returns a feature of variable length as if it had been parsed without missing values.

    Others stay: in a dense feature each value has its place, and so it has in a sparse one that the
    schema gives a size, whose indices are data.
    """
    sparse = isinstance(feature, tf.SparseTensor)
    if not sparse or feature.shape.as_list() != _ANY_NUMBER_OF_VALUES:
        return feature
    present = _is_present(feature.values)
    # Parsing puts a row's values to the left, without gaps, and so does a ragged tensor. It is made
    # here of few operations: each costs a request half a microsecond.
    lengths = tf.math.unsorted_segment_sum(
        tf.cast(present, tf.int64), feature.indices[:, 0], feature.dense_shape[0]
    )
    splits = tf.pad(tf.cumsum(lengths), [[1, 0]])
    values = tf.gather_nd(feature.values, tf.where(present))
    return tf.RaggedTensor.from_row_splits(values, splits, validate=False).to_sparse()


def _is_present(values: tf.Tensor) -> tf.Tensor:
    if values.dtype == tf.string:
        return tf.not_equal(values, MISSING_TEXT)
    if values.dtype.is_floating:
        return tf.logical_not(tf.math.is_nan(values))
    return tf.not_equal(values, tf.constant(MISSING_INT, values.dtype))
