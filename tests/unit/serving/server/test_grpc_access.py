"""What the access log is told of calls over gRPC."""

from types import SimpleNamespace

import grpc
import pytest

from serving.server.grpc_access import AccessInterceptor
from serving.server.must_wait import MustWaitError
from serving.server.steps import finish, in_one_step


class Message:
    model_spec = SimpleNamespace(
        name="m", signature_name="s", version=SimpleNamespace(value=3), HasField=lambda _: True
    )

    def ByteSize(self):  # noqa: N802 - protobuf's name
        return 7


CONTEXT = SimpleNamespace(
    invocation_metadata=lambda: (("user-agent", "test"),),
    peer=lambda: "ipv4:127.0.0.1:1",
    code=lambda: grpc.StatusCode.NOT_FOUND,
)


@pytest.fixture
def told():
    return []


@pytest.fixture
def answer_with(told):
    """A function that answers -> the same, seen by the log."""
    access = AccessInterceptor(told.append)
    return lambda function: access.around("/call", in_one_step(function))


@pytest.mark.conformance("better.access_log")
def test_an_answer_and_a_failure_are_told_once(answer_with, told):
    message = Message()
    assert finish(answer_with(lambda *_: message)(message, CONTEXT)) is message

    def fail(*_):
        raise grpc.RpcError

    with pytest.raises(grpc.RpcError):
        finish(answer_with(fail)(message, CONTEXT))
    found = [(its.method, its.code, its.model, its.response_bytes) for its in told]
    assert found == [("/call", "OK", "m", 7), ("/call", "NOT_FOUND", "m", 0)]


def test_what_is_answered_elsewhere_is_not_told_twice(answer_with, told):
    def wait(*_):
        raise MustWaitError

    with pytest.raises(MustWaitError):
        finish(answer_with(wait)(Message(), CONTEXT))
    assert not told
