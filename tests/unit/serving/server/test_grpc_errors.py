import grpc
import pytest

from serving.errors import Code, ServingError
from serving.server.grpc_errors import answer


class FakeContext:
    def abort(self, code, text):
        self.ended = (code, text)
        raise RuntimeError("aborted")


def fail(error):
    def call():
        raise error

    return call


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
    with pytest.raises(RuntimeError, match="aborted"):
        answer(context, fail(error))
    assert context.ended == (code, text)


def test_an_answer_passes_through():
    assert answer(FakeContext(), lambda: 7) == 7
