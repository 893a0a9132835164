"""What this client and this server write as JSON, the other one reads as it was."""

import json

import numpy as np
import pytest
from any_arrays import REAL, arrays_of, check_same, few_examples
from hypothesis import assume, given
from hypothesis import strategies as st

from serving.client.rest_format import encode_rows, parse_predictions, to_columns
from serving.dtypes import numpy_dtype
from serving.server.json_request import Layout, decode_inputs, parse_body
from serving.server.json_response import encode_outputs
from serving.signature import Signature, TensorSpec

# The types that JSON can express, as TensorFlow Serving has it.
IN_JSON = sorted({*REAL, "string"} - {"half", "uint16"})
TEXT = st.text() | st.sampled_from([" a\n", "a\0", '"\\\\', "é\u2028😀"])
UTF8 = TEXT.map(str.encode)


def array_of(values, dtype, shape):
    """JSON has no shapes: [[], []] may have been two rows of anything without elements."""
    if dtype != "string":
        return np.array(values, numpy_dtype(dtype)).reshape(shape)
    array = np.empty(shape, dtype=object)
    array.reshape(-1)[:] = list(flat(values))
    return array


def flat(values):
    for value in values if isinstance(values, list) else [values]:
        yield from flat(value) if isinstance(value, list) else [value]


@pytest.mark.conformance("format.round_trip")
@pytest.mark.parametrize("dtype", IN_JSON)
@few_examples
@given(data=st.data())
def test_the_server_reads_rows_that_the_client_writes(dtype, data):
    array = data.draw(arrays_of(dtype, least_rank=1))
    # No rows are no request.
    assume(len(array))
    rows = [{"x": row} for row in array]
    signature = Signature("s", inputs={"x": TensorSpec("x", dtype)})
    body = parse_body(encode_rows(rows, "s"))
    layout, inputs = decode_inputs(body.document, signature)
    assert layout is Layout.ROWS
    check_same(inputs["x"].reshape(array.shape), array)


@pytest.mark.conformance("format.round_trip")
@pytest.mark.parametrize("dtype", IN_JSON)
@few_examples
@given(data=st.data())
def test_the_client_reads_rows_that_the_server_writes(dtype, data):
    array = data.draw(arrays_of(dtype, least_rank=1))
    columns = to_columns(
        parse_predictions(encode_outputs({"y_bytes": array}, Layout.ROWS)), "y_bytes"
    )
    check_same(array_of(columns["y_bytes"], dtype, array.shape), array)


@few_examples
@given(st.lists(TEXT, min_size=1))
def test_the_server_reads_texts_that_the_client_writes(texts):
    body = parse_body(encode_rows([{"x": text} for text in texts], "s"))
    _, inputs = decode_inputs(
        body.document, Signature("s", inputs={"x": TensorSpec("x", "string")})
    )
    assert inputs["x"].tolist() == [text.encode() for text in texts]


@few_examples
@given(arrays_of("string", UTF8, least_rank=1), st.booleans())
def test_the_client_reads_texts_that_the_server_writes(array, with_another):
    outputs = {"y": array, "z": np.zeros(len(array))} if with_another else {"y": array}
    columns = to_columns(parse_predictions(encode_outputs(outputs, Layout.ROWS)), "y")
    texts = [text.encode() for text in flat(columns.get("y", []))]
    assert texts == array.reshape(-1).tolist()


@pytest.mark.conformance("format.round_trip")
@pytest.mark.parametrize("dtype", IN_JSON)
@few_examples
@given(data=st.data())
def test_columns_come_back_in_every_shape(dtype, data):
    array = data.draw(arrays_of(dtype))
    written = json.loads(encode_outputs({"y_bytes": array}, Layout.COLUMNS))["outputs"]
    signature = Signature("s", inputs={"y_bytes": TensorSpec("y_bytes", dtype)})
    _, inputs = decode_inputs({"inputs": {"y_bytes": written}}, signature)
    check_same(inputs["y_bytes"].reshape(array.shape), array)
