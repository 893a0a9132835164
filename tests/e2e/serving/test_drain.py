"""A server is told to stop under load, behind what a Kubernetes Service does: nothing fails.

The clients are plain ones that never ask twice. New connections go to a server that is ready.
"""

import asyncio
import os
import shutil
import signal
import threading

import grpc
import httpx
import pytest
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc
from waiting import wait_until

from serving.server.process import ServerProcess

PATIENCE_S = 60
FLAGS = (
    "--drain_notice_seconds=3",
    "--drain_grace_seconds=20",
    # Clients of gRPC keep a connection for as long as it lives: let it live for less than the
    # notice, and end as gRPC ends it, without a request being lost.
    "--grpc_channel_arguments=grpc.max_connection_age_ms=1000",
    "--enable_grpc_healthcheck_service",
)


class Service:
    """Forwards each new connection to the first server that is ready, as kube-proxy does."""

    def __init__(self, servers):
        self.servers = servers
        self.ports = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self):
        self._thread.start()
        for kind in ("grpc_port", "rest_port"):
            listening = asyncio.run_coroutine_threadsafe(self._listen(kind), self._loop)
            self.ports[kind] = listening.result(PATIENCE_S)
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(PATIENCE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _hang_up(self):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _listen(self, kind):
        async def forward(reader, writer):
            port = getattr(await asyncio.to_thread(self._ready), kind)
            there, back = await asyncio.open_connection("127.0.0.1", port)
            try:
                await asyncio.gather(_copy(reader, back), _copy(there, writer))
            finally:
                back.close()
                writer.close()

        server = await asyncio.start_server(forward, "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    def _ready(self):
        return next(server for server in self.servers if is_ready(server))


def is_ready(server):
    try:
        answer = httpx.get(f"http://{server.rest_address}/readyz", trust_env=False)
    except httpx.ConnectError:
        return False
    return answer.status_code == 200


async def _copy(reader, writer):
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


class Load(threading.Thread):
    """Asks without a pause; notes the versions that answered and the first failure."""

    def __init__(self, ask, enough):
        super().__init__()
        self.ask = ask
        self.enough = enough
        self.answers = []
        self.error = None

    def run(self):
        try:
            while not self.enough.is_set():
                self.answers.append(self.ask())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error


def rest_asker(port):
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)

    def ask():
        answer = client.post("/v1/models/m:predict", json={"instances": [1]}, timeout=PATIENCE_S)
        return answer.raise_for_status().json()["predictions"][0]

    return ask


def grpc_asker(port):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    tensor = request.inputs["turns"]
    tensor.dtype = 3
    tensor.tensor_shape.dim.add(size=1)
    tensor.int_val.append(1)
    options = [("grpc.use_local_subchannel_pool", 1)]
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options)
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    return lambda: stub.Predict(request, timeout=PATIENCE_S).outputs["version"].int_val[0]


@pytest.fixture
def servers(tmp_path, versions):
    """Two servers; the answer of each is its number."""
    started = []
    try:
        for number in (1, 2):
            base = tmp_path / str(number)
            shutil.copytree(versions / str(number), base / str(number))
            server = ServerProcess("m", base, tmp_path / f"{number}.log", flags=FLAGS)
            server.start()
            started.append(server)
        yield started
    finally:
        for server in started:
            server.stop()


@pytest.mark.conformance("better.drain", "better.probes")
def test_no_request_fails_when_a_server_is_told_to_stop(servers):
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    first = servers[0]
    enough = threading.Event()
    with Service(servers) as service:
        askers = [rest_asker(service.ports["rest_port"]) for _ in range(4)]
        askers += [grpc_asker(service.ports["grpc_port"]) for _ in range(4)]
        loads = [Load(ask, enough) for ask in askers]
        for load in loads:
            load.start()
        try:
            wait_until(lambda: all(load.answers or load.error for load in loads))
            os.kill(first.pid, signal.SIGTERM)
            wait_until(lambda: not is_ready(first))
            with grpc.insecure_channel(first.grpc_address) as channel:
                answer = health_pb2_grpc.HealthStub(channel).Check(
                    health_pb2.HealthCheckRequest(), timeout=PATIENCE_S
                )
            assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING
            assert first.wait(PATIENCE_S) == 0
            counts = [len(load.answers) for load in loads]
            wait_until(
                lambda: all(
                    load.error or len(load.answers) > count
                    for load, count in zip(loads, counts, strict=True)
                )
            )
        finally:
            enough.set()
            for load in loads:
                load.join()
    assert [load.error for load in loads] == [None] * len(loads)
    for load in loads:
        assert (load.answers[0], load.answers[-1]) == (1, 2)
        assert sorted(load.answers) == load.answers
