"""Our client and the command `predict` against a real server."""

import asyncio
import contextlib
import http.server
import json
import pty
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest
import trustme
from click.testing import CliRunner

from pipeline.cli.main import main
from pipeline.cli.predict import predict
from serving.client import (
    NEVER,
    Code,
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    ServingError,
    Tls,
    UnavailableError,
    connect,
    connect_async,
)
from serving.server.process import ServerProcess

ROOT = Path(__file__).parents[3]
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


def test_a_dataframe_comes_back_as_one(client):
    rows = pd.DataFrame({"text": ["a", None], "label": [0, 1], "count": [2, 3], "amount": [1.5, 4]})
    rows.index = ["first", "second"]
    answer = client.predict(rows)
    frame = answer.frame(rows.index)
    assert frame["total"].to_dict() == {"first": 3.0, "second": 12.0}
    assert frame["text_bytes"].tolist() == [b"a", b""]
    arrays = answer.arrays()
    assert (arrays["large"].dtype, arrays["text_bytes"].dtype) == (bool, object)
    assert arrays["total"].tolist() == [3.0, 12.0]


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_many_calls_are_awaited_at_once(server, protocol):
    address = server.rest_address if protocol == "rest" else server.grpc_address

    async def ask():
        async with connect_async(address, "m", protocol) as client:
            calls = [client.predict([{"x": float(n)}], "serving_default") for n in range(20)]
            answers = await asyncio.gather(*calls)
            with pytest.raises(InvalidArgumentError):
                await client.predict([{"x": "?"}], "serving_default")
            with pytest.raises(DeadlineExceededError):
                await client.predict([{"turns": 400_000}], "slow", timeout_s=0.05)
            (status,) = await client.status()
            return [answer["y"] for answer in answers], status.version

    assert asyncio.run(ask()) == ([[n / 2] for n in range(20)], 7)


class Overloaded(http.server.BaseHTTPRequestHandler):
    """Says once that it is too busy, as a server that drains or is overloaded does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked += 1
        status, body = (503, b'{"error": "busy"}')
        if self.server.asked > 1:
            status, body = (200, b'{"model_version_status": []}')
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_proxy_may_encrypt_rest(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Overloaded) as proxy:
        proxy.asked = 1
        proxy.daemon_threads = True
        proxy.socket = context.wrap_socket(proxy.socket, server_side=True)
        threading.Thread(target=proxy.serve_forever).start()
        address = f"127.0.0.1:{proxy.server_port}"
        try:
            with connect(address, "m", tls=Tls(tmp_path / "ca.pem")) as client:
                assert client.status() == []
            with (
                connect(address, "m", retries=NEVER, tls=Tls()) as client,
                pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"),
            ):
                client.status()
        finally:
            proxy.shutdown()


def test_a_server_that_is_too_busy_is_asked_again():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Overloaded) as busy:
        busy.asked = 0
        busy.daemon_threads = True
        threading.Thread(target=busy.serve_forever).start()
        address = f"127.0.0.1:{busy.server_port}"
        try:
            with connect(address, "m") as client:
                assert client.status() == []
            busy.asked = 0
            with (
                connect(address, "m", retries=NEVER) as client,
                pytest.raises(UnavailableError, match="busy"),
            ):
                client.status()
        finally:
            busy.shutdown()


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


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_the_predict_command_names_the_row_that_the_server_refuses(
    server, tmp_path, capfd, protocol
):
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(f'{{"i": {7 if n == 12 else 1}}}\n' for n in range(20)))
    address = server.rest_address if protocol == "rest" else server.grpc_address
    arguments = ["predict", "m", "--input", str(file), f"--{protocol}", "--server", address]
    options = ["--signature", "even", "--batch", "8"]
    assert main([*arguments, *options]) == 1
    captured = capfd.readouterr()
    lines = [json.loads(line) for line in captured.out.splitlines()]
    assert lines.pop(12)["row"] == 13
    assert lines == [{"even": False}] * 19
    (line,) = captured.err.splitlines()
    assert "1 of 20 rows refused: row 13: INVALID_ARGUMENT: " in line

    assert main([*arguments, *options, "--format", "csv"]) == 1
    out = capfd.readouterr().out.splitlines()
    assert (out[0], out[1], out[13], len(out)) == ("even", "false", '""', 21)


@pytest.mark.parametrize(
    ("model", "text", "extra", "status", "message"),
    [
        ("m", "[]", [], 2, "holds no rows"),
        ("m", "nonsense", [], 2, "rows.json: the input is not JSON"),
        ("m", "[{}]", ["--signature", "nope"], 1, "version 7 has no signature 'nope'; it has: "),
        ("n", "[{}]", [], 1, "n on 127.0.0.1:"),
        ("m", "[{}]", ["--server", "127.0.0.1:1"], 1, "(`tidemill serve m` starts a server)"),
        ("m", "[{}]", ["--server", "http://127.0.0.1:1"], 2, "expected HOST:PORT"),
        ("m", "[{}]", ["--version", "1", "--label", "a"], 2, "a version or a label, not both"),
        ("m", "[{}]", ["--label", ""], 2, "the label is empty"),
        ("m", "a,b\n1,2\n", ["--input-format", "csv"], 2, "rows.json: the CSV lacks"),
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


@pytest.fixture(scope="module")
def labelled(tmp_path_factory, versions):
    """A server of three versions of a model that answers with its version; the first is stable."""
    folder = tmp_path_factory.mktemp("labelled")
    config = folder / "models.config"
    config.write_text(
        f'model_config_list {{ config {{ name: "m" base_path: "{versions}" '
        'model_platform: "tensorflow" model_version_policy { all {} } '
        'version_labels { key: "stable" value: 1 } } }'
    )
    flags = [f"--model_config_file={config}", "--allow_version_labels_for_unavailable_models"]
    with ServerProcess("m", folder, folder / "server.log", flags=flags) as process:
        yield process


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_a_version_or_a_label_may_be_named(labelled, protocol):
    address = labelled.rest_address if protocol == "rest" else labelled.grpc_address

    def answering(**chosen):
        with connect(address, "m", protocol, **chosen) as client:
            (version,) = client.predict([{"turns": 1}], "serving_default")["version"]
            assert client.metadata().version == version
            return version, [status.version for status in client.status()]

    assert answering() == (3, [3, 2, 1])
    assert answering(version=2) == (2, [2])
    assert answering(label="stable") == (1, [3, 2, 1])
    with pytest.raises(NotFoundError):
        answering(version=4)
    with pytest.raises(InvalidArgumentError, match="Unrecognized servable version label: canary"):
        answering(label="canary")


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_the_predict_command_asks_a_version_about_csv_from_standard_input(labelled, protocol):
    address = labelled.rest_address if protocol == "rest" else labelled.grpc_address
    arguments = ["m", "--input", "-", "--input-format", "csv", "--signature", "serving_default"]

    def answering(*chosen):
        command = [*arguments, f"--{protocol}", "--server", address, *chosen]
        result = CliRunner().invoke(predict, command, input="turns\n1\n", catch_exceptions=False)
        return json.loads(result.stdout)["version"]

    assert answering() == 3
    assert answering("--version", "2") == 2
    assert answering("--label", "stable") == 1


@pytest.fixture
def terminal():
    """Both ends of a terminal."""
    master, slave = pty.openpty()
    with open(master, "rb", buffering=0) as screen, open(slave, "wb") as program:  # noqa: PTH123
        yield screen, program


def screen_text(screen):
    parts = []
    # Linux says that nobody holds the other end any more with an error.
    with contextlib.suppress(OSError):
        while part := screen.read(4096):
            parts.append(part)
    return b"".join(parts).decode()


@pytest.mark.parametrize(("rows", "shown"), [(20, True), (8, False)])
def test_the_predict_command_shows_how_far_it_is_on_long_input(
    server, tmp_path, terminal, rows, shown
):
    file = tmp_path / "rows.jsonl"
    file.write_text('{"i": 1}\n' * rows)
    command = [sys.executable, "-m", "pipeline.cli", "predict", "m", "--input", str(file)]
    options = ["--server", server.rest_address, "--signature", "even", "--batch", "8"]
    screen, program = terminal
    with (tmp_path / "answers").open("wb") as answers:
        process = subprocess.Popen([*command, *options], stdout=answers, stderr=program, cwd=ROOT)
        program.close()
        text = screen_text(screen)
        assert process.wait() == 0
    assert ("100%" in text) == shown
    assert (tmp_path / "answers").read_text() == '{"even": false}\n' * rows
