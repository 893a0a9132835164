"""The gRPC services, without a port."""

from types import SimpleNamespace

import pytest

from serving.server.grpc_service import time_left


@pytest.mark.parametrize(
    ("remaining", "left"),
    # What grpcio says of a call without a deadline, and more than a lock can wait.
    [(None, None), (9.223372036854776e18, None), (1e10, None), (0.0, 0.0), (30.5, 30.5)],
)
def test_a_call_without_a_deadline_has_no_number_of_seconds_left(remaining, left):
    context = SimpleNamespace(time_remaining=lambda: remaining)
    assert time_left(context) == left
