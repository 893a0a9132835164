"""Clients that do nothing, or next to nothing, hold up nobody else."""

import contextlib
import resource
import socket

import grpc
import pytest
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

MANY = 10_000
# What either process has open besides.
SPARE = 500
PATIENCE_S = 60
BODY = b'{"instances": [1]}'
# A client of gRPC says this much and may then be silent: the preface and empty settings.
HTTP2_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


@pytest.fixture
def room():
    """Lets this process have so many connections open; the server lets itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY + SPARE
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"{MANY:,} connections need {wanted:,} open files; `ulimit -Hn` is {hard:,}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connect(port):
    return socket.create_connection(("127.0.0.1", port), PATIENCE_S)


@pytest.mark.conformance("better.connections")
@pytest.mark.usefixtures("room")
def test_idle_connections_to_rest_hold_up_nobody(server, http):
    with contextlib.ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(connect(server.rest_port))
        check_rest(http)


@pytest.mark.conformance("better.connections")
@pytest.mark.usefixtures("room")
def test_idle_connections_to_grpc_hold_up_nobody(server):
    with contextlib.ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(connect(server.grpc_port)).sendall(HTTP2_HELLO)
        channel = stack.enter_context(grpc.insecure_channel(server.grpc_address))
        check_grpc(channel)


@pytest.mark.conformance("better.connections")
def test_slow_clients_hold_up_nobody(server, http, channel):
    with connect(server.rest_port) as over_rest, connect(server.grpc_port) as over_grpc:
        head = b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        over_rest.sendall(head % len(BODY) + BODY[:5])
        over_grpc.sendall(HTTP2_HELLO[:-5])
        check_rest(http)
        check_grpc(channel)
        over_rest.sendall(BODY[5:])
        assert over_rest.recv(1000).startswith(b"HTTP/1.1 200")
        over_grpc.sendall(HTTP2_HELLO[-5:])
        assert is_settings_frame(over_grpc.recv(1000))


def check_rest(http):
    for _ in range(20):
        answer = http.post("/v1/models/m:predict", content=BODY, timeout=PATIENCE_S)
        assert answer.json() == {"predictions": [0.5]}


def check_grpc(channel):
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    tensor = request.inputs["x"]
    tensor.dtype = 1
    tensor.tensor_shape.dim.add(size=1)
    tensor.float_val.append(1)
    for _ in range(20):
        assert list(stub.Predict(request, timeout=PATIENCE_S).outputs["y"].float_val) == [0.5]


def is_settings_frame(frame):
    return frame[3] == 4
