import datetime as dt
import json

import numpy as np
import pytest

from serving.client.rest_format import (
    decode_error,
    decode_metadata,
    decode_status,
    encode_rows,
    parse_predictions,
    to_columns,
)
from serving.errors import Code, InvalidArgumentError, NotFoundError, UnavailableError
from serving.signature import TensorSpec


def columns(body, only_output=""):
    return to_columns(parse_predictions(body), only_output)


def test_rows_become_instances():
    rows = [{"a": 1, "b": [b"\xff", "é"]}, {"a": np.float32(0.5), "b": np.array([1, 2])}]
    assert json.loads(encode_rows(rows, "s")) == {
        "signature_name": "s",
        "instances": [{"a": 1, "b": [{"b64": "/w=="}, "é"]}, {"a": 0.5, "b": [1, 2]}],
    }


def test_nan_is_sent_as_the_bare_word():
    assert b"NaN" in encode_rows([{"a": float("nan")}], "s")


LOOP: list[object] = []
LOOP.append(LOOP)


@pytest.mark.parametrize("value", [1j, {1}, dt.datetime.now(dt.timezone.utc), LOOP])
def test_a_value_that_json_cannot_carry_is_refused(value):
    with pytest.raises(InvalidArgumentError, match="cannot be sent"):
        encode_rows([{"a": value}], "s")


def test_predictions_become_columns():
    body = b'{"predictions": [{"a": 1, "k_bytes": {"b64": "/w=="}}, {"a": 2, "k_bytes": ""}]}'
    assert columns(body) == {"a": [1, 2], "k_bytes": [b"\xff", ""]}


def test_predictions_of_one_output_get_its_name():
    assert columns(b'{"predictions": [[1], [2]]}', "only") == {"only": [[1], [2]]}


def test_base64_in_the_only_output_is_bytes():
    body = b'{"predictions": [{"b64": "/w=="}]}'
    assert columns(body, "x_bytes") == {"x_bytes": [b"\xff"]}


def test_a_text_that_is_not_utf8_is_read_with_a_replacement():
    assert columns(b'{"predictions": ["\xff"]}', "only") == {"only": ["\ufffd"]}


def test_status():
    body = json.dumps(
        {
            "model_version_status": [
                {
                    "version": "3",
                    "state": "END",
                    "status": {"error_code": "NOT_FOUND", "error_message": "gone"},
                },
                {"version": "2", "state": "AVAILABLE", "status": {"error_code": "OK"}},
            ]
        }
    ).encode()
    broken, good = decode_status(body)
    assert (broken.version, broken.state, type(broken.error)) == (3, "END", NotFoundError)
    assert (good.version, good.state, good.error) == (2, "AVAILABLE", None)


def test_metadata():
    tensor = {
        "name": "x:0",
        "dtype": "DT_FLOAT",
        "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
    }
    free = {"name": "y:0", "dtype": "DT_STRING", "tensor_shape": {"dim": [], "unknown_rank": True}}
    signature = {"inputs": {"x": tensor}, "outputs": {"y": free}, "method_name": "p"}
    body = {
        "model_spec": {"name": "m", "version": "12"},
        "metadata": {"signature_def": {"signature_def": {"s": signature}}},
    }
    metadata = decode_metadata(json.dumps(body).encode())
    assert (metadata.model, metadata.version) == ("m", 12)
    assert metadata.signature("s").inputs == {"x": TensorSpec("x", "float", (-1,), "x:0")}
    assert metadata.signature("s").outputs == {"y": TensorSpec("y", "string", None, "y:0")}


@pytest.mark.parametrize(
    ("status", "body", "code", "message"),
    [
        (404, b'{"error": "no model"}', Code.NOT_FOUND, "no model"),
        (503, b"<html>busy</html>", Code.UNAVAILABLE, "HTTP 503: <html>busy</html>"),
        (400, b"", Code.INVALID_ARGUMENT, "HTTP 400: "),
        (502, b"[]", Code.UNKNOWN, "HTTP 502: []"),
    ],
)
def test_errors(status, body, code, message):
    error = decode_error(status, body)
    assert (error.code, error.message) == (code, message)
    assert isinstance(error, UnavailableError) == (code is Code.UNAVAILABLE)
