import math

import pytest

from components.infra_validator.rows import RowInput, inputs_of, missing_value, rows_of
from components.missing_values import MISSING_INT
from components.saved_model import Signature, Tensor


def test_the_inputs_of_a_model():
    takes = {"fare": Tensor("float", (-1, 2)), "any": Tensor("string", None)}
    assert inputs_of({"serving_rows": Signature(takes, {"score": Tensor("float", (-1,))})}) == {
        "serving_rows": (RowInput("fare", "float", (-1, 2)), RowInput("any", "string", ()))
    }


def test_a_vector_input_takes_the_value_itself():
    inputs = [RowInput("fare", "float", (-1,)), RowInput("company", "string", (-1,))]
    rows = rows_of([{"fare": [6.5], "company": [b"x"]}], inputs)
    assert rows == [{"fare": 6.5, "company": b"x"}]


def test_every_input_is_in_every_row_and_nothing_else():
    inputs = [RowInput(name, "int64", (-1,)) for name in ("a", "b")]
    rows = rows_of([{"a": [1], "other": [5]}, {"b": [2]}], inputs)
    assert rows == [{"a": 1, "b": MISSING_INT}, {"a": MISSING_INT, "b": 2}]


def test_missing_values_by_type():
    assert missing_value("string") == b""
    assert missing_value("int64") == -(2**63)
    assert math.isnan(missing_value("float"))


def test_lists_are_filled_up_to_the_longest():
    rows = rows_of(
        [{"tags": [b"a", b"b"]}, {"tags": [b"c"]}, {}], [RowInput("tags", "string", (-1, -1))]
    )
    assert [row["tags"] for row in rows] == [[b"a", b"b"], [b"c", b""], [b"", b""]]


def test_lists_that_no_example_has_still_make_a_tensor():
    assert rows_of([{}], [RowInput("n", "int64", (-1, -1))]) == [{"n": [MISSING_INT]}]


@pytest.mark.parametrize(
    ("shape", "cell"),
    [
        ((-1, 4), [1.0, 2.0, 3.0, 4.0]),
        ((-1, 2, 2), [[1.0, 2.0], [3.0, 4.0]]),
        ((-1, 1), [1.0]),
    ],
)
def test_fixed_shapes_are_nested(shape, cell):
    rows = rows_of([{"x": [1.0, 2.0, 3.0, 4.0]}], [RowInput("x", "float", shape)])
    assert rows == [{"x": cell}]
