import numpy as np
import pytest

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.json_request import Layout, decode_inputs, parse_body
from serving.signature import Signature, TensorSpec

ONE = Signature("one", inputs={"x": TensorSpec("x", "float")})
TWO = Signature("two", inputs={"a": TensorSpec("a", "float"), "s": TensorSpec("s", "string")})
BYTES = Signature("bytes", inputs={"examples": TensorSpec("examples", "string")})
HALF = Signature("half", inputs={"h": TensorSpec("h", "half")})


def decoded(document, signature):
    layout, arrays = decode_inputs(document, signature)
    return layout, {alias: array.tolist() for alias, array in arrays.items()}


@pytest.mark.parametrize(
    ("document", "signature", "expected"),
    [
        ({"instances": [1, 2]}, ONE, {"x": [1, 2]}),
        ({"instances": [{"x": 1}, {"x": 2}]}, ONE, {"x": [1, 2]}),
        ({"instances": [[1, 2], [3, 4]]}, ONE, {"x": [[1, 2], [3, 4]]}),
        (
            {"instances": [{"a": 1, "s": "p"}, {"s": {"b64": "cQ=="}, "a": 2}]},
            TWO,
            {"a": [1, 2], "s": [b"p", b"q"]},
        ),
        ({"instances": [{"b64": "cQ=="}, "p"]}, BYTES, {"examples": [b"q", b"p"]}),
    ],
)
def test_rows(document, signature, expected):
    assert decoded(document, signature) == (Layout.ROWS, expected)


@pytest.mark.conformance("rest.columns")
@pytest.mark.parametrize(
    ("document", "signature", "expected"),
    [
        ({"inputs": [1, 2]}, ONE, {"x": [1, 2]}),
        ({"inputs": 1}, ONE, {"x": 1}),
        ({"inputs": {"x": [1]}}, ONE, {"x": [1]}),
        ({"inputs": {"b64": "cQ=="}}, BYTES, {"examples": b"q"}),
        ({"inputs": {"a": [1], "s": ["p"], "more": 3}}, TWO, {"a": [1], "s": [b"p"]}),
    ],
)
def test_columns(document, signature, expected):
    assert decoded(document, signature) == (Layout.COLUMNS, expected)


@pytest.mark.conformance(
    "rest.inputs", "rest.rows", "rest.columns", "rest.ragged", "rest.types", "rest.unimplemented"
)
@pytest.mark.parametrize(
    ("document", "signature", "text"),
    [
        ({}, ONE, "Missing 'inputs' or 'instances' key"),
        ({"inputs": 1, "instances": [1]}, ONE, "only one of 'inputs' or 'instances' keys"),
        ({"instances": 1}, ONE, "Expecting 'instances' to be an list/array"),
        ({"instances": []}, ONE, "No values in 'instances' array"),
        ({"instances": [1]}, TWO, "instances is a plain list, but expecting list of objects"),
        ({"instances": [None, {"a": 1}]}, TWO, "instances is a plain list, but expecting list of"),
        ({"instances": [{"x": 1}, 2]}, ONE, "Expecting object but got list at item 1 of input"),
        ({"instances": [1, {"x": 1}]}, ONE, "Expecting value/list but got object at item 1 of"),
        (
            {"instances": [{"x": 1}, {"y": 1}]},
            ONE,
            (
                "Failed to process element: 1 key: y of 'instances' list. Error: INVALID_ARGUMENT: "
                "JSON object: does not have named input: y"
            ),
        ),
        (
            {"instances": [{"a": 1}]},
            TWO,
            (
                "Failed to process element: 0 of 'instances' list. JSON object: "
                '{\n    "a": 1\n} keys must be equal to: a,s'
            ),
        ),
        (
            {"instances": [{"x": 1}, {"x": "t"}]},
            ONE,
            (
                "Failed to process element: 1 key: x of 'instances' list. Error: INVALID_ARGUMENT: "
                'JSON Value: "t" Type: String is not of expected type: float'
            ),
        ),
        (
            {"instances": [1, "t"]},
            ONE,
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: ",
        ),
        ({"instances": [[1, 2], [3]]}, ONE, "element: 1 of 'instances' list. Error: INVALID_"),
        ({"instances": [[1, 2], [3]]}, ONE, "Expecting tensor size: 2 but got: 1"),
        ({"instances": [[[1, 2]], [[1], [2]]]}, ONE, "Expecting shape [1,2] but got: [2,1]"),
        ({"instances": [1]}, HALF, "Error: UNIMPLEMENTED: Conversion of JSON Value: 1 to type"),
        ({"inputs": {"a": [1]}}, TWO, "Missing named input: s in 'inputs' object."),
        ({"inputs": [1]}, TWO, "inputs is a plain value/list, but expecting an object"),
        ({"inputs": [[1], [2, 3]]}, ONE, "unexpected size: 2 at level: 1"),
    ],
)
def test_what_does_not_fit_the_signature_is_refused(document, signature, text):
    with pytest.raises(InvalidArgumentError) as caught:
        decode_inputs(document, signature)
    assert text in caught.value.message


@pytest.mark.conformance("rest.unimplemented")
def test_a_type_that_json_cannot_express_is_unimplemented_by_columns():
    with pytest.raises(ServingError) as caught:
        decode_inputs({"inputs": [1]}, HALF)
    assert caught.value.code is Code.UNIMPLEMENTED


def test_the_signature_is_serving_default_unless_it_is_named():
    assert parse_body(b'{"instances": []}').signature_name == "serving_default"
    assert parse_body(b'{"signature_name": ""}').signature_name == "serving_default"
    assert parse_body(b'{"signature_name": "s"}').signature_name == "s"


@pytest.mark.conformance("format.special_numbers", "rest.trailing_bytes")
def test_nan_infinity_and_trailing_bytes_are_taken():
    body = parse_body(b' {"instances": [NaN, Infinity, -Infinity, 1]} trailing')
    values = decode_inputs(body.document, ONE)[1]["x"]
    np.testing.assert_array_equal(values, [np.nan, np.inf, -np.inf, 1])


@pytest.mark.conformance("rest.empty_body", "rest.no_object")
@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "JSON Parse error: The document is empty"),
        (b" \n", "JSON Parse error: The document is empty. at offset: 2"),
        (b'{"a": }', "JSON Parse error: "),
        (b'{"a": }', "at offset: 6"),
        (b"\xff\xfe", "JSON Parse error: "),
        (b"[" * 100_000, "JSON Parse error: "),
        (b"[1]", "JSON Value: [1] Is not object"),
        (b'{"signature_name": 3}', "'signature_name' key must be a string value."),
    ],
)
def test_a_body_that_is_no_request_is_refused(body, text):
    with pytest.raises(InvalidArgumentError) as caught:
        parse_body(body)
    assert text in caught.value.message
