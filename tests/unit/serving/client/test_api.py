import subprocess
import sys
from pathlib import Path

import pytest

from serving.client import (
    Client,
    InvalidArgumentError,
    ModelMetadata,
    Signature,
    TensorSpec,
    UnavailableError,
    connect,
)

ROOT = Path(__file__).parents[4]


class FakeClient(Client):
    def __init__(self):
        super().__init__("host:1", "m", timeout_s=7)
        self.sent = []

    def status(self):
        raise NotImplementedError

    def close(self):
        self.sent.append("closed")

    def metadata(self):
        one = Signature("one", inputs={"examples": TensorSpec("examples", "string")})
        two = Signature(
            "two", inputs={"a": TensorSpec("a", "float"), "b": TensorSpec("b", "float")}
        )
        return ModelMetadata("m", 3, {"one": one, "two": two, "__init": Signature("__init")})

    def _predict(self, rows, signature, timeout_s):
        self.sent.append((rows, signature, timeout_s))
        return {}


@pytest.fixture
def client():
    return FakeClient()


def test_the_timeout_is_the_clients_unless_the_call_has_one(client):
    client.predict([{"a": 1}])
    client.predict([{"a": 1}], "s", timeout_s=2)
    assert [call[1:] for call in client.sent] == [("serving_rows", 7), ("s", 2)]


def test_examples_go_to_the_only_input(client):
    client.predict_examples([b"x", b"y"], "one")
    assert client.sent[0][0] == [{"examples": b"x"}, {"examples": b"y"}]


def test_examples_need_a_signature_with_one_input(client):
    with pytest.raises(InvalidArgumentError, match=r"takes 2 inputs \(a, b\)"):
        client.predict_examples([b"x"], "two")


def test_an_unknown_signature_is_answered_with_the_known_ones(client):
    with pytest.raises(InvalidArgumentError, match=r"no signature 'three'; it has: one, two$"):
        client.predict_examples([b"x"], "three")


def test_no_rows_are_refused(client):
    with pytest.raises(InvalidArgumentError, match="no rows"):
        client.predict([])


def test_a_with_block_closes(client):
    with client:
        pass
    assert client.sent == ["closed"]


def test_the_protocol_must_be_known():
    with pytest.raises(ValueError, match="carrier pigeon"):
        connect("127.0.0.1:1", "m", "carrier pigeon")


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_a_server_that_is_not_there_is_unavailable(protocol, unused_port):
    with (
        connect(f"127.0.0.1:{unused_port}", "m", protocol, timeout_s=5) as client,
        pytest.raises(UnavailableError, match="cannot reach 127"),
    ):
        client.status()


@pytest.fixture
def unused_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize("module", ["rest", "grpc", "api"])
def test_a_client_imports_neither_tensorflow_nor_the_server(module):
    code = (
        f"import sys, serving.client.{module}\n"
        "print([m for m in sys.modules if m.startswith(('tensorflow', 'serving.server'))])"
    )
    output = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert output.strip() == "[]"
