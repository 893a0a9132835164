import math

import pytest

from components import missing_values
from serving.client.cells import MISSING_INT, missing_value, nested
from serving.signature import TensorSpec


def stand_in(dtype, shape=(-1,), signature="serving_rows"):
    return missing_value(TensorSpec("x", dtype, shape), signature)


def test_what_stands_for_a_missing_value_is_what_training_takes_for_one():
    assert MISSING_INT == missing_values.MISSING_INT
    assert stand_in("int64") == missing_values.MISSING_INT
    assert stand_in("string").encode() == missing_values.MISSING_TEXT
    assert math.isnan(stand_in("float"))
    assert math.isnan(missing_values.MISSING_FLOAT)


@pytest.mark.parametrize("signature", ["serving_rows", "another"])
def test_texts_and_floats_have_one_in_every_signature(signature):
    assert stand_in("string", None, signature) == ""
    assert math.isnan(stand_in("double", (-1, 1), signature))


@pytest.mark.parametrize(
    ("dtype", "shape", "signature"),
    [
        ("int64", (-1,), "another"),
        ("int64", (-1, 1), "serving_rows"),
        ("int64", None, "serving_rows"),
        ("int32", (-1,), "serving_rows"),
        ("uint64", (-1,), "serving_rows"),
        ("bool", (-1,), "serving_rows"),
    ],
)
def test_where_the_smallest_int64_would_be_a_number_nothing_stands_for_it(dtype, shape, signature):
    assert stand_in(dtype, shape, signature) is None


def test_a_value_is_a_list_for_each_dimension_beyond_the_rows():
    assert nested(1, TensorSpec("x", "int64", (-1,))) == 1
    assert nested(1, TensorSpec("x", "int64", (-1, 1, 1))) == [[1]]
    assert nested(1, TensorSpec("x", "int64", None)) == 1
