"""Clients that do nothing, or next to nothing, hold up nobody else."""

import contextlib
import resource
import socket

import pytest

MANY = 10_000
SPARE = 500


@pytest.fixture
def many():
    """How many connections both processes can have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY + SPARE if hard == resource.RLIM_INFINITY else min(MANY + SPARE, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield wanted - SPARE
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.conformance("better.connections")
def test_idle_and_slow_clients_hold_up_nobody(server, http, many):
    with contextlib.ExitStack() as stack:

        def connect():
            return stack.enter_context(socket.create_connection(("127.0.0.1", server.rest_port)))

        for _ in range(many - 1):
            connect()
        slow = connect()
        body = b'{"instances": [1]}'
        head = b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        slow.sendall(head % len(body) + body[:5])
        for _ in range(20):
            answer = http.post("/v1/models/m:predict", content=body)
            assert answer.json() == {"predictions": [0.5]}
        slow.sendall(body[5:])
        assert slow.recv(1000).startswith(b"HTTP/1.1 200")
