"""What a REST client makes of servers that are broken, slow, or none at all."""

import asyncio
import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from serving.client import (
    Code,
    DeadlineExceededError,
    Retries,
    ServingError,
    UnavailableError,
    connect,
    connect_async,
)

AT_ONCE = Retries(count=2, first_s=0)
STATUS = b'{"model_version_status": []}'


class Server(threading.Thread):
    """Gives each connection to a function, one after the other, and counts them."""

    def __init__(self, serve):
        super().__init__(daemon=True)
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self.over = threading.Event()

    def run(self):
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if self.over.is_set():
                    return
                self.connections += 1
                self._serve(self, connection)

    def stop(self):
        self.over.set()
        host, port = self.address.split(":")
        socket.create_connection((host, int(port))).close()
        self.join()
        self._listener.close()


@contextmanager
def serving(serve):
    server = Server(serve)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def blocking(address, method="status", *arguments, **options):
    with connect(address, "m", **options) as client:
        return getattr(client, method)(*arguments)


def awaiting(address, method="status", *arguments, **options):
    async def call():
        async with connect_async(address, "m", **options) as client:
            return await getattr(client, method)(*arguments)

    return asyncio.run(call())


@pytest.fixture(params=[blocking, awaiting])
def ask(request):
    return request.param


def answer(body, status="200 OK"):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def breaking_off_after(sent):
    def serve(_server, connection):
        connection.recv(65536)
        connection.sendall(sent)

    return serve


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 OK\r\n", answer(STATUS)[:-1], b"SSH-2.0\r\n\r\n"]
)
def test_a_request_that_a_server_may_have_read_is_not_repeated(ask, sent):
    with serving(breaking_off_after(sent)) as server:
        with pytest.raises(ServingError) as caught:
            ask(server.address, retries=AT_ONCE)
        assert server.connections == 1
    assert caught.value.code is Code.UNKNOWN
    assert server.address in caught.value.message


def test_a_connection_that_is_refused_is_tried_again(ask):
    with serving(breaking_off_after(answer(STATUS))) as server:
        pass
    with pytest.raises(UnavailableError, match=f"cannot reach {server.address}"):
        ask(server.address, retries=AT_ONCE)


def dripping(at_once, slowly):
    def serve(server, connection):
        connection.recv(65536)
        with suppress(OSError):
            connection.sendall(at_once)
            for byte in slowly:
                connection.sendall(bytes([byte]))
                if server.over.wait(0.02):
                    return

    return serve


HEAD, BODY = answer(b" " * 50 + STATUS).split(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("at_once", "slowly"), [(b"", HEAD), (HEAD + b"\r\n\r\n", BODY)], ids=["head", "body"]
)
def test_an_answer_that_drips_in_does_not_outlast_the_call(ask, at_once, slowly):
    with (
        serving(dripping(at_once, slowly)) as server,
        pytest.raises(DeadlineExceededError, match=r"within 0\.3 s"),
    ):
        ask(server.address, timeout_s=0.3)


def test_a_connection_is_kept_for_the_next_call():
    def serve(_server, connection):
        while connection.recv(65536):
            connection.sendall(answer(STATUS))

    async def twice(address):
        async with connect_async(address, "m") as client:
            assert await client.status() == await client.status() == []

    with serving(serve) as server:
        with connect(server.address, "m") as client:
            assert client.status() == client.status() == []
        asyncio.run(twice(server.address))
        assert server.connections == 2


@pytest.mark.parametrize(
    ("method", "arguments"), [("status", []), ("metadata", []), ("predict", [[{"x": 1}]])]
)
@pytest.mark.parametrize(
    "sent",
    [
        answer(b"<html>Hello</html>"),
        answer(b"{}"),
        answer(b"[1]"),
        answer(b"[" * 100_000),
        answer(b'{"predictions": [{"a": 1}, {}]}'),
        answer(b'{"predictions": [{"a_bytes": {"b64": "?"}}]}'),
        answer(b'{"model_version_status": [3]}'),
        answer(b'{"model_spec": {"version": "x"}}'),
        answer(b'{"error": ["no", "text"]}', "500 Internal"),
        answer(b"", "302 Found"),
        answer(b"", "204 No Content"),
    ],
)
def test_what_no_model_server_answers_is_an_error_of_the_family(ask, sent, method, arguments):
    with serving(breaking_off_after(sent)) as server, pytest.raises(ServingError) as caught:
        ask(server.address, method, *arguments)
    assert caught.value.code in {Code.INTERNAL, Code.UNKNOWN}
    assert isinstance(caught.value.message, str)


@pytest.mark.parametrize("address", ["host:port", "", "http://host:1", "höst:1", "a b:1", "a..b:1"])
def test_an_address_that_is_none_is_an_error_of_the_family(ask, address):
    with pytest.raises(ServingError, match="expected HOST:PORT"):
        ask(address)
