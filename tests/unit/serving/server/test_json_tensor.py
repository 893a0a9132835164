import numpy as np
import pytest

from serving.errors import Code, ServingError
from serving.server.json_tensor import is_base64, to_array


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (1.5, "float", np.float32(1.5)),
        ([1, 2.5], "float", np.array([1, 2.5], np.float32)),
        ([[1], [2]], "int64", np.array([[1], [2]], np.int64)),
        ([True, False], "bool", np.array([True, False])),
        ([], "float", np.zeros((0,), np.float32)),
        ([[], []], "int32", np.zeros((2, 0), np.int32)),
        ([255], "uint8", np.array([255], np.uint8)),
        ([2**64 - 1], "uint64", np.array([2**64 - 1], np.uint64)),
    ],
)
def test_values_become_arrays_of_their_shape(value, dtype, expected):
    array = to_array(value, dtype)
    assert array.dtype == expected.dtype
    np.testing.assert_array_equal(array, expected)


@pytest.mark.conformance("rest.base64")
def test_texts_and_base64_become_bytes():
    array = to_array([["hé"], [{"b64": "/wA="}]], "string")
    assert array.tolist() == [["hé".encode()], [b"\xff\x00"]]


@pytest.mark.conformance("rest.types", "rest.ragged", "rest.base64")
@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        ("x", "float", 'JSON Value: "x" Type: String is not of expected type: float'),
        ([1, None], "float", "JSON Value: null Type: Null is not of expected type: float"),
        ([True], "float", "JSON Value: true Type: True is not of expected type: float"),
        ([1, 2.0], "int64", "JSON Value: 2.0 Type: Number is not of expected type: int64"),
        ([1, 2**31], "int32", "JSON Value: 2147483648 Type: Number is not of expected type: int32"),
        ([-1], "uint8", "JSON Value: -1 Type: Number is not of expected type: uint8"),
        ([2**70], "int64", "is not of expected type: int64"),
        ([1], "bool", "Type: Number is not of expected type: bool"),
        ([1], "string", "Type: Number is not of expected type: string"),
        ([{"a": 1}], "float", "Type: Object is not of expected type: float"),
        ([[1, 2], [3]], "float", "list at unexpected size: 1 at level: 1 expected size: 2"),
        ([[1], 2], "float", "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected"),
        ([1, [2]], "float", "list at unexpected level: 1 expected < 1"),
        ([{"b64": "%%"}], "string", "Unable to base64 decode"),
        ([{"b64": 1}], "string", "not formatted correctly for base64 data"),
        ([{"b64": "YQ==", "x": 1}], "string", "not formatted correctly for base64 data"),
    ],
)
def test_what_does_not_fit_is_refused(value, dtype, text):
    with pytest.raises(ServingError) as caught:
        to_array(value, dtype)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert text in caught.value.message


@pytest.mark.conformance("rest.unimplemented")
@pytest.mark.parametrize("dtype", ["half", "bfloat16", "complex64", "uint16", "resource"])
def test_types_that_json_cannot_express_are_unimplemented(dtype):
    with pytest.raises(ServingError, match=f"to type: {dtype}") as caught:
        to_array([1], dtype)
    assert caught.value.code is Code.UNIMPLEMENTED


def test_base64_is_an_object_of_one_key():
    assert is_base64({"b64": "YQ=="})
    assert not is_base64({"b64": 1})
    assert not is_base64({"b64": "YQ==", "c": 1})
    assert not is_base64("YQ==")
