"""How the REST listener stops: real sockets."""

import asyncio
import socket

import pytest

from serving.server.http_server import HttpServer

GRACE_S = 30
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class App:
    """Answers as a server that is about to go, and then calls `after`."""

    def __init__(self):
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.after = lambda: None

    async def __call__(self, _scope, _receive, send):
        self.asked.set()
        await self.go_on.wait()
        headers = [(b"content-length", b"2"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})
        self.after()


async def serve(app, connections):
    server = HttpServer(app, "127.0.0.1", 0, GRACE_S)
    server.start()
    opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(connections)]
    # The system has them; the server may not have taken them yet.
    while len(server._server.server_state.connections) < connections:
        await asyncio.sleep(0)
    return server, opened


def test_running_requests_finish_and_nobody_can_connect():
    async def run():
        app = App()
        app.go_on.clear()
        server, ((reader, writer),) = await serve(app, 1)
        writer.write(REQUEST)
        await app.asked.wait()
        server.stop_listening()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port))
        draining = asyncio.create_task(server.drain())
        app.go_on.set()
        answer = await reader.read()
        await draining
        return answer

    assert asyncio.run(run()).startswith(b"HTTP/1.1 200")


@pytest.mark.conformance("better.drain")
def test_requests_that_come_while_others_are_answered_are_answered_too(monkeypatch):
    monkeypatch.setattr("serving.server.http_server._QUIET_S", 0.5)

    async def run():
        app = App()
        # More than uvicorn needs to notice that it is to stop, one answer after the other.
        server, connections = await serve(app, 15)
        writers = [writer for _, writer in connections]
        loop = asyncio.get_running_loop()

        def ask_next():
            if writers:
                loop.call_later(0.01, writers.pop().write, REQUEST)

        app.after = ask_next
        ask_next()
        server.stop_listening()
        await server.drain()
        return [await reader.read() for reader, _ in connections]

    assert [answer[:12] for answer in asyncio.run(run())] == [b"HTTP/1.1 200"] * 15


def test_a_stop_at_the_start_is_heard():
    async def run():
        server = HttpServer(App(), "127.0.0.1", 0, GRACE_S)
        server.start()
        server.stop_listening()
        await server.drain()

    asyncio.run(run())
