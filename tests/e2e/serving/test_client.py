"""Our client and the command `predict` against a real server."""

import json

import pytest
from click.testing import CliRunner

from pipeline.cli.main import main
from pipeline.cli.predict import predict
from serving.client import (
    Code,
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    ServingError,
    connect,
)

ROWS = [
    {"amount": 1.5, "count": [2], "text": "hé"},
    {"amount": 20, "count": [1], "text": b"\x00\xff"},
]


@pytest.fixture(params=["rest", "grpc"])
def client(request, server):
    address = server.rest_address if request.param == "rest" else server.grpc_address
    with connect(address, "m", request.param) as opened:
        yield opened


def test_our_client_gets_the_same_over_both_protocols(client):
    columns = client.predict(ROWS)
    # A text that is not UTF-8 cannot be written in JSON; "_bytes" is for that.
    del columns["text"]
    assert columns == {
        "total": [3.0, 20.0],
        "text_bytes": ["hé".encode(), b"\x00\xff"],
        "large": [False, True],
    }
    assert client.predict_examples([b"abc", b""], "length") == {"length": [3, 0]}


def test_our_client_sees_status_and_metadata(client):
    (status,) = client.status()
    assert (status.version, status.state, status.error) == (7, "AVAILABLE", None)
    metadata = client.metadata()
    assert (metadata.model, metadata.version) == ("m", 7)
    count = metadata.signature("serving_rows").inputs["count"]
    assert (count.dtype, count.shape) == ("int64", (-1, 1))


def test_our_client_raises_what_the_server_says(client, server):
    with pytest.raises(InvalidArgumentError, match="amount"):
        client.predict([{**ROWS[0], "amount": "x"}])
    with pytest.raises(ServingError) as caught:
        client.predict([{"i": 9}], "checked")
    assert caught.value.code is Code.INVALID_ARGUMENT
    with pytest.raises(DeadlineExceededError):
        client.predict([{"turns": 400_000}], "slow", timeout_s=0.05)
    with connect(client.address, "other", _protocol(client, server)) as stranger:
        with pytest.raises(NotFoundError, match="other"):
            stranger.status()
        with pytest.raises(NotFoundError, match="other"):
            stranger.predict_examples([b""])


def _protocol(client, server):
    return "rest" if client.address == server.rest_address else "grpc"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.json", '[{"amount": 1.5, "count": [2], "text": "a"}]'),
        ("rows.jsonl", '{"amount": 1.5, "count": [2], "text": "a"}\n'),
        ("rows.csv", "text,label,count,amount\na,9,2,1.5\n"),
    ],
)
@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_the_predict_command(server, tmp_path, name, text, protocol):
    file = tmp_path / name
    file.write_text(text)
    address = server.rest_address if protocol == "rest" else server.grpc_address
    arguments = ["m", "--input", str(file), f"--{protocol}", "--server", address]
    result = CliRunner().invoke(predict, arguments, catch_exceptions=False)
    (line,) = result.stdout.splitlines()
    assert json.loads(line) == {
        "large": False,
        "text": "A",
        "text_bytes": {"b64": "YQ=="},
        "total": 3.0,
    }


@pytest.mark.parametrize(
    ("model", "text", "extra", "status", "message"),
    [
        ("m", "[]", [], 2, "holds no rows"),
        ("m", "nonsense", [], 2, "rows.json: the input is not JSON"),
        ("m", '[{"x": "a"}]', ["--signature", "serving_default"], 1, "INVALID_ARGUMENT: Failed to"),
        ("n", "[{}]", [], 1, "n on 127.0.0.1:"),
        ("m", "[{}]", ["--server", "127.0.0.1:1"], 1, "(`tidemill serve m` starts a server)"),
    ],
)
def test_the_predict_command_explains_a_failure_in_one_line(
    server, tmp_path, capfd, model, text, extra, status, message
):
    file = tmp_path / "rows.json"
    file.write_text(text)
    arguments = ["predict", model, "--input", str(file), "--server", server.rest_address, *extra]
    assert main(arguments) == status
    captured = capfd.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert message in line
