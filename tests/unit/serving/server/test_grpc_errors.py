import grpc
import pytest

from serving.errors import Code, ServingError
from serving.server.grpc_errors import StatusOfFailure
from serving.server.must_wait import MustWaitError


class FakeContext:
    def abort(self, code, text):
        self.ended = (code, text)
        raise RuntimeError("aborted")


@pytest.mark.conformance("grpc.truncation")
@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (ServingError.of(Code.NOT_FOUND, "gone"), grpc.StatusCode.NOT_FOUND, "gone"),
        (ValueError("a bug"), grpc.StatusCode.INTERNAL, "a bug"),
        (
            ServingError.of(Code.UNKNOWN, "x" * 2000),
            grpc.StatusCode.UNKNOWN,
            "x" * 1024 + "...TRUNCATED",
        ),
    ],
)
def test_failures_become_statuses(error, code, text):
    context = FakeContext()
    with pytest.raises(RuntimeError, match="aborted"), StatusOfFailure(context):
        raise error
    assert context.ended == (code, text)


def test_what_must_wait_has_no_status_yet():
    context = FakeContext()
    with pytest.raises(MustWaitError), StatusOfFailure(context):
        raise MustWaitError
    assert not hasattr(context, "ended")


def test_what_succeeds_needs_no_status():
    context = FakeContext()
    with StatusOfFailure(context):
        pass
    assert not hasattr(context, "ended")
