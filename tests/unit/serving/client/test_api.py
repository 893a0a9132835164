import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from serving.client import (
    NEVER,
    AsyncClient,
    Client,
    DeadlineExceededError,
    InvalidArgumentError,
    ModelMetadata,
    NotFoundError,
    ServingError,
    Signature,
    TensorSpec,
    UnavailableError,
    connect,
    connect_async,
)
from serving.client.dialect import Dialect

ROOT = Path(__file__).parents[4]


class FakeDialect(Dialect):
    """Its calls are texts and tuples, and the answer to each is the transport's."""

    def status(self):
        return (yield "status")

    def metadata(self):
        yield "metadata"
        one = Signature("one", inputs={"examples": TensorSpec("examples", "string")})
        two = Signature(
            "two", inputs={"a": TensorSpec("a", "float"), "b": TensorSpec("b", "float")}
        )
        return ModelMetadata("m", 3, {"one": one, "two": two, "__init": Signature("__init")})

    def _predict(self, rows, signature):
        return (yield (rows, signature))


class FakeTransport:
    """Fails as often as it has failures to raise."""

    spends_s = 0.0

    def __init__(self, *failures):
        self.failures = list(failures)
        self.sent = []
        self.timeouts = []

    def send(self, call, timeout_s):
        self.sent.append(call)
        self.timeouts.append(round(timeout_s))
        end = time.monotonic() + self.spends_s
        while time.monotonic() < end:
            pass
        if self.failures:
            raise self.failures.pop(0)
        return {}

    def close(self):
        self.sent.append("closed")


class FakeAsyncTransport(FakeTransport):
    async def send(self, call, timeout_s):
        return super().send(call, timeout_s)

    async def close(self):
        super().close()


class Blocking:
    """A client whose calls wait."""

    def __init__(self, *failures, **options):
        self.transport = FakeTransport(*failures)
        self._options = options

    def __call__(self, method, *arguments, **keywords):
        with self.opened() as client:
            return getattr(client, method)(*arguments, **keywords)

    def opened(self):
        return Client("host:1", FakeDialect("m"), self.transport, **self._options)

    def closed(self, method):
        client = self.opened()
        client.close()
        getattr(client, method)()


class Awaiting:
    """A client whose calls are awaited."""

    def __init__(self, *failures, **options):
        self.transport = FakeAsyncTransport(*failures)
        self._options = options

    def __call__(self, method, *arguments, **keywords):
        async def call():
            async with self.opened() as client:
                return await getattr(client, method)(*arguments, **keywords)

        return asyncio.run(call())

    def opened(self):
        return AsyncClient("host:1", FakeDialect("m"), self.transport, **self._options)

    def closed(self, method):
        async def call():
            client = self.opened()
            await client.close()
            await getattr(client, method)()

        asyncio.run(call())


@pytest.fixture(params=[Blocking, Awaiting])
def kind(request):
    return request.param


@pytest.fixture
def client(kind):
    return kind(timeout_s=7)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    async def skip(_seconds):
        pass

    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    monkeypatch.setattr("asyncio.sleep", skip)


def test_the_timeout_is_the_clients_unless_the_call_has_one(client):
    client("predict", [{"a": 1}])
    client("predict", [{"a": 1}], "s", timeout_s=2)
    assert client.transport.timeouts == [7, 2]
    assert client.transport.sent == [
        ([{"a": 1}], "serving_rows"),
        "closed",
        ([{"a": 1}], "s"),
        "closed",
    ]


def test_examples_go_to_the_only_input_serialized_or_not(client):
    class Example:
        def SerializeToString(self):  # noqa: N802 - protobuf's name
            return b"y"

    client("predict_examples", [b"x", Example()], "one")
    rows = [{"examples": b"x"}, {"examples": b"y"}]
    assert client.transport.sent[:2] == ["metadata", (rows, "one")]


def test_examples_need_a_signature_with_one_input(client):
    with pytest.raises(InvalidArgumentError, match=r"takes 2 inputs \(a, b\)"):
        client("predict_examples", [b"x"], "two")


def test_a_dataframe_is_sent_as_the_columns_that_the_signature_takes(client):
    import pandas as pd

    client("predict", pd.DataFrame({"b": [1, 2], "label": ["x", "y"], "a": [0.5, 1.5]}), "two")
    rows = [{"a": 0.5, "b": 1}, {"a": 1.5, "b": 2}]
    assert client.transport.sent[:2] == ["metadata", (rows, "two")]


def test_what_nobody_answered_is_asked_again(kind):
    down = UnavailableError("down")
    client = kind(down, down)
    assert client("status") == {}
    assert client.transport.sent == ["status"] * 3 + ["closed"]
    with pytest.raises(UnavailableError, match="down"):
        kind(down, down, down)("status")
    with pytest.raises(UnavailableError, match="down"):
        kind(down, retries=NEVER)("status")


def test_what_was_answered_is_not_asked_again(kind):
    client = kind(NotFoundError("no"))
    with pytest.raises(NotFoundError):
        client("status")
    assert client.transport.sent == ["status", "closed"]


def test_without_time_nothing_is_sent(kind):
    client = kind(timeout_s=0)
    with pytest.raises(DeadlineExceededError, match="no answer from host:1 within 0 s"):
        client("status")
    assert client.transport.sent == ["closed"]


def test_a_connection_that_breaks_when_the_time_is_over_was_too_slow(kind):
    client = kind(UnavailableError("resource temporarily unavailable"), timeout_s=0.01)
    client.transport.spends_s = 0.01
    with pytest.raises(DeadlineExceededError, match=r"within 0\.01 s"):
        client("status")


def test_a_silent_server_is_named_with_the_time(kind):
    with pytest.raises(DeadlineExceededError, match="no answer from host:1 within 7 s"):
        kind(TimeoutError(), timeout_s=7)("status")


def test_a_closed_client_says_so(client):
    with pytest.raises(ServingError, match="the client is closed"):
        client.closed("status")
    assert client.transport.sent == ["closed"]


@pytest.mark.parametrize("rows", [[5], [{"a": 1}, None], ["a"]])
def test_rows_have_to_name_their_values(client, rows):
    with pytest.raises(InvalidArgumentError, match=rf"row {len(rows) - 1} .* is no mapping"):
        client("predict", rows)


def test_examples_have_to_be_examples(client):
    with pytest.raises(InvalidArgumentError, match="example 1 is neither bytes nor"):
        client("predict_examples", [b"", "text"], "one")


def test_an_unknown_signature_is_answered_with_the_known_ones(client):
    with pytest.raises(InvalidArgumentError, match=r"no signature 'three'; it has: one, two$"):
        client("predict_examples", [b"x"], "three")


def test_no_rows_are_refused(client):
    with pytest.raises(InvalidArgumentError, match="no rows"):
        client("predict", [])


def test_the_protocol_must_be_known():
    with pytest.raises(ValueError, match="carrier pigeon"):
        connect("127.0.0.1:1", "m", "carrier pigeon")
    with pytest.raises(ValueError, match="carrier pigeon"):
        connect_async("127.0.0.1:1", "m", "carrier pigeon")


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


@pytest.mark.parametrize("module", ["rest", "grpc", "connecting"])
def test_a_client_imports_neither_tensorflow_nor_the_server(module):
    code = (
        f"import sys, serving.client.{module}\n"
        "print([m for m in sys.modules if m.startswith(('tensorflow', 'serving.server'))])"
    )
    output = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert output.strip() == "[]"
