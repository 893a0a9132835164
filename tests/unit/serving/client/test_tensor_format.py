import numpy as np
import pytest

from serving.client.messages import message_class
from serving.client.tensor_format import fill_tensor, rows_to_columns, tensor_to_list
from serving.dtypes import dtype_number
from serving.errors import InvalidArgumentError
from serving.signature import TensorSpec


def specs(**types):
    return {alias: TensorSpec(alias, dtype) for alias, dtype in types.items()}


def tensor(**fields):
    return message_class("TensorProto")(**fields)


@pytest.mark.parametrize("dtype", ["float", "double", "int32", "int64", "uint8", "bool", "half"])
def test_numbers_survive_the_wire(dtype):
    columns = rows_to_columns(
        [{"a": [1, 0]}, {"a": [1, 1]}]
        if dtype != "bool"
        else [{"a": [True, False]}, {"a": [True, True]}],
        specs(a=dtype),
    )
    message = tensor()
    fill_tensor(message, columns["a"], dtype)
    parsed = message_class("TensorProto").FromString(message.SerializeToString())
    assert tensor_to_list("a", parsed, rows=2) == [[1, 0], [1, 1]]


def test_texts_and_bytes_survive_the_wire():
    columns = rows_to_columns([{"s": "é"}, {"s": b"\xff"}], specs(s="string"))
    message = tensor()
    fill_tensor(message, columns["s"], "string")
    assert tensor_to_list("s", message, rows=2) == ["é", b"\xff"]
    assert tensor_to_list("s_bytes", message, rows=2) == ["é".encode(), b"\xff"]


def test_the_last_value_stands_for_those_left_out():
    shape = {"dim": [{"size": 3}]}
    message = tensor(dtype=dtype_number("int32"), tensor_shape=shape, int_val=[4, 5])
    assert tensor_to_list("n", message, rows=3) == [4, 5, 5]


def test_typed_values_are_read():
    shape = {"dim": [{"size": 2}, {"size": 1}]}
    message = tensor(dtype=dtype_number("double"), tensor_shape=shape, double_val=[0.5, 2])
    assert tensor_to_list("y", message, rows=2) == [[0.5], [2.0]]


def test_an_output_that_is_not_by_row_is_refused():
    message = tensor(dtype=dtype_number("float"), float_val=[1.0])
    with pytest.raises(InvalidArgumentError, match="output y of shape"):
        tensor_to_list("y", message, rows=1)


def test_an_output_of_an_unknown_type_is_refused():
    message = tensor(dtype=dtype_number("resource"))
    with pytest.raises(InvalidArgumentError, match="output y is of type resource"):
        tensor_to_list("y", message, rows=1)


@pytest.mark.parametrize(
    ("rows", "types", "text"),
    [
        ([{"a": 1}, {"b": 1}], {"a": "float"}, "row 1 has the values b; the signature takes a"),
        ([{"a": 1, "b": 2}], {"a": "float"}, "the row has the values a, b"),
        ([{"a": "1"}], {"a": "float"}, "the values of a do not fit its type float"),
        ([{"a": None}], {"a": "float"}, "the values of a do not fit its type float"),
        ([{"a": 1.5}], {"a": "int64"}, "the values of a do not fit its type int64"),
        ([{"a": 2**40}], {"a": "int32"}, "the values of a do not fit its type int32"),
        ([{"a": [1]}, {"a": [1, 2]}], {"a": "float"}, "the values of a do not fit"),
        ([{"a": 1}], {"a": "string"}, "the values of a do not fit its type string: found 1"),
        ([{"a": 1}], {"a": "resource"}, "the values of a do not fit its type resource"),
    ],
)
def test_rows_that_do_not_fit_are_refused(rows, types, text):
    with pytest.raises(InvalidArgumentError) as caught:
        rows_to_columns(rows, specs(**types))
    assert text in caught.value.message


def test_integers_are_taken_as_floats():
    assert rows_to_columns([{"a": 1}], specs(a="float"))["a"].dtype == np.float32
