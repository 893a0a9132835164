"""Optional features come to a `preprocessing_fn` without missing values."""

import math

import pytest
import tensorflow as tf

from components.transform.optional_features import without_missing_values


def given_to_user_code(feature, spec):
    """Returns what a `preprocessing_fn` sees of a feature that is traced with a spec."""

    @without_missing_values
    def preprocessing_fn(inputs):
        """Of the user's."""
        return inputs

    assert preprocessing_fn.__doc__ == "Of the user's."
    traced = tf.function(lambda value: preprocessing_fn({"x": value})["x"], [spec])
    return traced(feature)


def parsed(rows, spec):
    """Returns values of rows as parsing tf.Examples gives them."""
    if not rows:
        return tf.io.parse_example(tf.constant([], tf.string), {"x": spec})["x"]
    kind = {tf.string: "bytes_list", tf.float32: "float_list", tf.int64: "int64_list"}[spec.dtype]
    examples = []
    for row in rows:
        feature = tf.train.Feature(**{kind: {"value": row}})
        features = tf.train.Features(feature={"x": feature})
        examples.append(tf.train.Example(features=features).SerializeToString())
    return tf.io.parse_example(examples, {"x": spec})["x"]


@pytest.mark.parametrize(
    ("dtype", "rows", "present"),
    [
        (tf.string, [[b""], [b"a"], [], [b"", b"b", b"", b"c"]], [[], [b"a"], [], [b"b", b"c"]]),
        (tf.float32, [[math.nan], [0.0], [math.inf, math.nan, 1]], [[], [0.0], [math.inf, 1]]),
        (tf.int64, [[0], [-(2**63)], [-1, -(2**63), 2**63 - 1]], [[0], [], [-1, 2**63 - 1]]),
        (tf.string, [[b""], []], [[], []]),
        (tf.float32, [], []),
    ],
)
def test_a_missing_value_is_as_if_it_had_never_been_there(dtype, rows, present):
    spec = tf.io.VarLenFeature(dtype)
    seen = given_to_user_code(parsed(rows, spec), tf.SparseTensorSpec([None, None], dtype))
    wanted = parsed(present, spec)

    for part in ("indices", "values", "dense_shape"):
        assert getattr(seen, part).numpy().tolist() == getattr(wanted, part).numpy().tolist(), part


def test_each_value_of_a_dense_feature_has_its_place():
    spec = tf.io.FixedLenFeature([2], tf.string)
    feature = parsed([[b"", b"a"]], spec)
    seen = given_to_user_code(feature, tf.TensorSpec([None, 2], tf.string))

    assert seen.numpy().tolist() == [[b"", b"a"]]


def test_the_indices_of_a_sparse_feature_with_a_size_are_data():
    feature = tf.SparseTensor([[0, 1], [0, 4]], [math.nan, 1.0], [1, 5])
    seen = given_to_user_code(feature, tf.SparseTensorSpec([None, 5], tf.float32))

    assert seen.indices.numpy().tolist() == [[0, 1], [0, 4]]
