"""Sends one request again and again over a number of connections; prints what came of it as JSON.

A process of its own, so that it takes no time from a server that is measured, nor from the test.
Usage: load.py rest|grpc ADDRESS TARGET BODY_FILE CONNECTIONS SECONDS SERVER_PID
(TARGET is the path, or the full name of the gRPC method; BODY_FILE holds the bytes to send.)
Requests of the warm-up count nowhere, nor does the processor time that the server takes for them.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import psutil
import uvloop

_WARM_UP = 50


class HttpConnection(asyncio.Protocol):
    """One connection that sends the next request when the answer to the last one is whole."""

    def __init__(self, request, load):
        self.request = request
        self.load = load
        self.answer = b""

    def connection_made(self, transport):
        self.transport = transport
        self.ask()

    def ask(self):
        self.started = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data):
        self.answer += data
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if end and self.is_whole(head.lower(), body):
            ok = self.answer.startswith(b"HTTP/1.1 200")
            self.load.note(time.perf_counter() - self.started, ok, self.answer)
            self.answer = b""
            if self.load.goes_on:
                self.ask()
            else:
                self.transport.close()

    def is_whole(self, head, body):
        if b"transfer-encoding: chunked" in head:
            return body.endswith(b"0\r\n\r\n")
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return len(body) >= int(length)

    def connection_lost(self, error):
        if self.load.goes_on:
            self.load.fail(f"connection lost: {error}")


class Load:
    """What came of the requests."""

    def __init__(self):
        self.goes_on = True
        self.seconds = []
        self.failure = None
        self.answered = asyncio.Event()

    def note(self, seconds, ok, answer=b""):
        self.seconds.append(seconds)
        if len(self.seconds) >= _WARM_UP:
            self.answered.set()
        if not ok:
            self.fail(answer[:300].decode("latin-1"))

    def fail(self, text):
        self.failure = text
        self.goes_on = False
        self.answered.set()


async def over_rest(load, address, path, body, connections):
    host, port = address.split(":")
    request = (
        f"POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: HttpConnection(request, load), host, int(port))


async def over_grpc(load, address, method, body, connections):
    import grpc

    async def ask_on():
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(address, options=options) as channel:
            call = channel.unary_unary(method)
            while load.goes_on:
                started = time.perf_counter()
                try:
                    await call(body)
                except grpc.RpcError as error:
                    load.fail(str(error))
                load.note(time.perf_counter() - started, ok=True)

    return [asyncio.create_task(ask_on()) for _ in range(connections)]


def cpu_seconds(pid):
    """The processor time that the server and the processes that it started have taken."""
    process = psutil.Process(pid)
    times = [p.cpu_times() for p in [process, *process.children(recursive=True)]]
    return sum(t.user + t.system for t in times)


async def main(protocol, address, target, body_file, connections, seconds, server_pid):
    load, pid = Load(), int(server_pid)
    send = over_rest if protocol == "rest" else over_grpc
    body = Path(body_file).read_bytes()
    tasks = await send(load, address, target, body, int(connections))
    await asyncio.wait_for(load.answered.wait(), 120)
    # That and half the time more warm both sides up.
    await asyncio.sleep(float(seconds) / 2)
    load.seconds.clear()
    spent, started = cpu_seconds(pid), time.perf_counter()
    await asyncio.sleep(float(seconds))
    took = time.perf_counter() - started
    spent = cpu_seconds(pid) - spent
    load.goes_on = False
    measured = sorted(load.seconds)
    await asyncio.gather(*(tasks or ()))
    if load.failure or not measured:
        sys.exit(load.failure or "no request was answered")
    result = {
        "requests": len(measured),
        "seconds": took,
        "cpu_seconds": spent,
        "p50": measured[len(measured) // 2],
        "p99": measured[len(measured) * 99 // 100],
    }
    sys.stdout.write(json.dumps(result) + "\n")


uvloop.run(main(*sys.argv[1:]))
