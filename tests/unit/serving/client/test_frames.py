import math

import numpy as np
import pandas as pd
import pytest

from serving.client.frames import frame_to_rows, is_frame
from serving.errors import InvalidArgumentError
from serving.signature import Signature, TensorSpec

ROWS = Signature(
    "serving_rows",
    inputs={
        "amount": TensorSpec("amount", "float", (-1,)),
        "count": TensorSpec("count", "int64", (-1, 1)),
        "text": TensorSpec("text", "string", (-1,)),
    },
)


def number_rows(column, name="serving_rows"):
    signature = Signature(name, inputs={"n": TensorSpec("n", "int64", (-1,))})
    return [row["n"] for row in frame_to_rows(pd.DataFrame({"n": column}), signature)]


def test_a_frame_is_told_from_rows():
    assert is_frame(pd.DataFrame())
    assert not is_frame([{"a": 1}])


def test_rows_have_plain_values_in_the_signatures_shape():
    frame = pd.DataFrame({"text": ["a"], "count": [2], "amount": [1.5], "label": [0]}, index=["z"])
    assert frame_to_rows(frame, ROWS) == [{"amount": 1.5, "count": [2], "text": "a"}]


def test_missing_floats_are_nan_and_missing_texts_empty():
    frame = pd.DataFrame({"text": ["a", None], "count": [2, 3], "amount": [1.5, None]})
    first, second = frame_to_rows(frame, ROWS)
    assert (first["text"], second["text"]) == ("a", "")
    assert math.isnan(second["amount"])


@pytest.mark.parametrize(
    "column",
    [[2, None], [2.0, math.nan], pd.array([2, None], "Int64"), pd.Series([2, None], dtype=object)],
)
def test_a_missing_whole_number_is_the_smallest(column):
    values = number_rows(column)
    assert values == [2, -(2**63)]
    assert {type(value) for value in values} == {int}


def test_a_whole_number_that_pandas_made_a_float_is_one_again():
    values = number_rows([2.0, 3.5])
    assert values == [2, 3.5]
    assert type(values[0]) is int


def test_a_missing_whole_number_has_no_stand_in_in_a_signature_of_others():
    with pytest.raises(InvalidArgumentError, match="row 1 has no value in column n"):
        number_rows([2, None], "another")


def test_a_missing_whole_number_in_a_list_has_no_stand_in():
    frame = pd.DataFrame({"text": ["a"], "count": pd.array([None], "Int64"), "amount": [1.5]})
    with pytest.raises(InvalidArgumentError, match="row 0 has no value in column count"):
        frame_to_rows(frame, ROWS)


def test_a_missing_column_is_named():
    with pytest.raises(InvalidArgumentError, match="lacks these columns of the model: count, text"):
        frame_to_rows(pd.DataFrame({"amount": [1.5]}), ROWS)


def test_lists_and_arrays_in_cells_stay():
    frame = pd.DataFrame({"x": [np.array([1, 2]), [3, 4]]})
    rows = frame_to_rows(frame, Signature("s", {"x": TensorSpec("x", "int64", (-1, 2))}))
    assert rows == [{"x": [1, 2]}, {"x": [3, 4]}]
