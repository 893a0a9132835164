import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.example_calls import Classes
from serving.server.json_request import Layout
from serving.server.json_response import (
    encode_classes,
    encode_error,
    encode_outputs,
    encode_regressions,
    format_floats,
)


def encoded(outputs, layout=Layout.ROWS):
    return json.loads(encode_outputs(outputs, layout))


def texts(*values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


@pytest.mark.conformance("format.numbers", "format.special_numbers")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (123456.0, "123456.0"),
        (1e6, "1e+06"),
        (16777217.0, "16777216.0"),
        (1 / 3, "0.333333343"),
        (1e-7, "1e-07"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_floats_have_six_digits_or_nine(value, text):
    assert format_floats(np.array([value], dtype=np.float32)) == [text]


@pytest.mark.conformance("format.numbers")
@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), (1 / 3, "0.33333333333333331"), (1e100, "1e+100"), (3.0, "3.0")],
)
def test_doubles_have_six_digits_or_seventeen(value, text):
    assert format_floats(np.array([value], dtype=np.float64)) == [text]


def test_every_written_float_reads_back_as_itself():
    generator = np.random.default_rng(7)
    for dtype, kind in ((np.float32, np.uint32), (np.float64, np.uint64)):
        bits = generator.integers(0, np.iinfo(kind).max, 500, dtype=kind)
        values = bits.view(dtype)
        values = values[np.isfinite(values)]
        back = np.array([float(text) for text in format_floats(values)], dtype=dtype)
        np.testing.assert_array_equal(back, values)


@pytest.mark.conformance("format.rows")
def test_rows_of_one_output_are_bare_values():
    assert encoded({"y": np.array([[1, 2], [3, 4]])}) == {"predictions": [[1, 2], [3, 4]]}


@pytest.mark.conformance("format.rows")
def test_rows_of_several_outputs_are_objects():
    outputs = {"p": np.array([0.5, 1.0], np.float32), "c": np.array([[1], [2]])}
    assert encoded(outputs) == {"predictions": [{"p": 0.5, "c": [1]}, {"p": 1.0, "c": [2]}]}


@pytest.mark.conformance("format.columns")
def test_columns_of_one_output_are_a_bare_value():
    assert encoded({"y": np.array(True)}, Layout.COLUMNS) == {"outputs": True}
    assert encoded({"y": np.zeros((2, 0))}, Layout.COLUMNS) == {"outputs": [[], []]}


@pytest.mark.conformance("format.columns")
def test_columns_of_several_outputs_are_an_object():
    outputs = {"a": np.arange(6).reshape(1, 2, 3), "b": np.array([], np.float32)}
    expected = {"outputs": {"a": [[[0, 1, 2], [3, 4, 5]]], "b": []}}
    assert encoded(outputs, Layout.COLUMNS) == expected


@pytest.mark.conformance("format.bytes")
def test_only_outputs_called_bytes_are_base64():
    outputs = {"t": texts("hé\n".encode()), "t_bytes": texts(b"\xff")}
    assert encoded(outputs) == {"predictions": [{"t": "hé\n", "t_bytes": {"b64": "/w=="}}]}


@pytest.mark.conformance("format.invalid_utf8")
def test_texts_that_are_not_utf8_leave_as_they_are():
    assert b'"\xff\\""' in encode_outputs({"t": texts(b'\xff"')}, Layout.ROWS)


@pytest.mark.conformance("rest.output_scalar")
@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({"y": np.float32(1)[()].reshape(())}, "Tensor name: y has no shape information"),
        (
            {"a": np.zeros(2), "b": np.zeros(3)},
            "Tensor name: b has inconsistent batch size: 3 expecting: 2",
        ),
        ({"y": np.zeros(1, np.float16)}, "Failed to write JSON value for tensor type: half"),
        ({"y": np.zeros(1, np.complex64)}, "JSON value for tensor type: complex64"),
    ],
)
def test_outputs_that_rows_cannot_carry_are_refused(outputs, text):
    with pytest.raises(InvalidArgumentError) as caught:
        encode_outputs(outputs, Layout.ROWS)
    assert text in caught.value.message


def test_errors_are_an_object():
    body = encode_error(ServingError.of(Code.NOT_FOUND, 'no "é"'))
    assert json.loads(body) == {"error": 'no "é"'}


@pytest.mark.conformance("format.pretty")
@pytest.mark.parametrize(
    ("outputs", "layout", "text"),
    [
        ({"y": np.array([2.5, 3.0])}, Layout.ROWS, '{\n    "predictions": [2.5, 3.0\n    ]\n}'),
        (
            {"a": np.array([1]), "b": np.array([[2, 3]])},
            Layout.ROWS,
            (
                '{\n    "predictions": [\n        {\n            "a": 1,\n'
                '            "b": [2, 3]\n        }\n    ]\n}'
            ),
        ),
        (
            {"y": np.array([[1, 2]])},
            Layout.COLUMNS,
            '{\n    "outputs": [\n        [\n            1,\n            2\n        ]\n    ]\n}',
        ),
        (
            {"a": np.array([1]), "b": np.array(True)},
            Layout.COLUMNS,
            (
                '{\n    "outputs": {\n        "a": [\n            1\n        ],\n'
                '        "b": true\n    }\n}'
            ),
        ),
        (
            {"y_bytes": texts(b"a", b"b")},
            Layout.ROWS,
            (
                '{\n    "predictions": [{\n            "b64": "YQ=="\n        }, {\n'
                '            "b64": "Yg=="\n        }\n    ]\n}'
            ),
        ),
        (
            {"a": np.array([1]), "y_bytes": texts(b"a", b"b").reshape(1, 2)},
            Layout.ROWS,
            (
                '{\n    "predictions": [\n        {\n            "a": 1,\n'
                '            "y_bytes": [{\n                    "b64": "YQ=="\n'
                '                }, {\n                    "b64": "Yg=="\n'
                "                }]\n        }\n    ]\n}"
            ),
        ),
        (
            {"y_bytes": texts(b"a")},
            Layout.COLUMNS,
            ('{\n    "outputs": [\n        {\n            "b64": "YQ=="\n        }\n    ]\n}'),
        ),
        (
            {"a": np.array(1), "y_bytes": np.array(b"a", dtype=object)},
            Layout.COLUMNS,
            (
                '{\n    "outputs": {\n        "a": 1,\n        "y_bytes": {\n'
                '            "b64": "YQ=="\n        }\n    }\n}'
            ),
        ),
    ],
)
def test_answers_are_laid_out_as_they_always_were(outputs, layout, text):
    assert encode_outputs(outputs, layout).decode() == text


@pytest.mark.conformance("format.results")
def test_classes_and_regressions_are_results():
    classes = Classes(
        labels=np.array([[b"a", b""]], dtype=object), scores=np.array([[0.5, 1]], np.float32)
    )
    assert json.loads(encode_classes(classes)) == {"results": [[["a", 0.5], ["", 1.0]]]}
    assert encode_regressions(np.array([1, 0.5], np.float32)) == b'{\n    "results": [1.0, 0.5]\n}'


def test_nothing_is_no_answer():
    with pytest.raises(InvalidArgumentError, match="Cannot convert empty tensor map to JSON"):
        encode_outputs({}, Layout.ROWS)


@given(
    arrays(
        st.sampled_from(["float32", "float64", "int8", "int64", "uint64", "bool"]),
        array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
    )
)
def test_every_shape_and_type_comes_back(array):
    text = encode_outputs({"y": array}, Layout.COLUMNS)
    back = np.array(json.loads(text)["outputs"], dtype=array.dtype)
    np.testing.assert_array_equal(back.reshape(array.shape), array)
