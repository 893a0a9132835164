from contextlib import contextmanager

import numpy as np
import pytest

from components.infra_validator.backends import Endpoints
from components.infra_validator.checks import Result
from components.infra_validator.errors import ModelNotServedError
from components.infra_validator.staging import staged
from components.infra_validator.validation import Question, RequestRefusedError, validate

QUESTIONS = [
    Question("serving_default", [b"x"] * 3),
    Question("serving_rows", [{"a": 1}] * 3, as_rows=True),
]


class Backend:
    """Records what a validation does to its server."""

    def __init__(self, error=None):
        self.events = []
        self._error = error

    @contextmanager
    def serve(self, model_name, saved_model):
        self.events.append(f"start {model_name} {saved_model}")
        if self._error:
            raise self._error
        try:
            yield Endpoints("127.0.0.1:1", "127.0.0.1:2")
        finally:
            self.events.append("stop")


class Client:
    def __init__(self, states=None, fail=None, scale=1.0):
        self._states, self._fail, self._scale = states or {1: "AVAILABLE"}, fail, scale
        self.sizes = []

    def states(self):
        return self._states

    def predict_examples(self, signature, examples):
        self.sizes.append((signature, len(examples)))
        if self._fail is not None:
            raise self._fail
        return {"p": np.full(len(examples), 0.5) * self._scale}

    predict_rows = predict_examples


def run(backend, rest=None, grpc=None, max_latency_ms=10_000):
    @contextmanager
    def clients(endpoints):
        backend.events.append(f"clients of {endpoints.rest} {endpoints.grpc}")
        yield {"REST": rest or Client(), "gRPC": grpc or Client()}

    return validate(backend, clients, "taxi", "/model", QUESTIONS, max_latency_ms)


def failed(checks):
    return [check.name for check in checks if check.result is Result.FAILED]


def test_a_good_model_passes_every_check_and_the_server_is_stopped():
    backend, rest = Backend(), Client()
    checks = run(backend, rest)

    assert {check.result for check in checks} == {Result.OK}
    assert [check.name for check in checks] == [
        "load",
        "REST: version",
        "gRPC: version",
        "serving_default, REST: status",
        "serving_default, REST: predictions",
        "serving_default, REST: finite numbers",
        "serving_default, gRPC: status",
        "serving_default, gRPC: predictions",
        "serving_default, gRPC: finite numbers",
        "serving_default: REST agrees with gRPC",
        "serving_rows, REST: status",
        "serving_rows, REST: predictions",
        "serving_rows, REST: finite numbers",
        "serving_rows, gRPC: status",
        "serving_rows, gRPC: predictions",
        "serving_rows, gRPC: finite numbers",
        "serving_rows: REST agrees with gRPC",
        "REST: latency",
        "gRPC: latency",
    ]
    assert backend.events == ["start taxi /model", "clients of 127.0.0.1:1 127.0.0.1:2", "stop"]
    assert (
        rest.sizes == [("serving_default", 3), ("serving_rows", 3)] + [("serving_default", 1)] * 3
    )


def test_a_model_that_does_not_load_is_a_check_with_the_servers_words():
    load, predictions = run(Backend(ModelNotServedError("Op type not registered")))
    assert (load.result, load.detail) == (Result.FAILED, "Op type not registered")
    assert predictions.result is Result.NOT_RUN


def test_a_protocol_that_refuses_fails_alone():
    checks = run(Backend(), grpc=Client(fail=RequestRefusedError("UNAVAILABLE: gone")))
    assert failed(checks) == ["serving_default, gRPC: status", "serving_rows, gRPC: status"]
    assert "gRPC: latency" in [c.name for c in checks if c.result is Result.NOT_RUN]


def test_protocols_that_disagree_fail():
    checks = run(Backend(), grpc=Client(scale=1.001))
    assert failed(checks) == [
        "serving_default: REST agrees with gRPC",
        "serving_rows: REST agrees with gRPC",
    ]


def test_a_version_that_is_not_available_fails():
    checks = run(Backend(), rest=Client(states={1: "LOADING"}))
    assert failed(checks) == ["REST: version"]


def test_a_slow_model_fails():
    assert failed(run(Backend(), max_latency_ms=0)) == ["REST: latency", "gRPC: latency"]


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyboardInterrupt()])
def test_an_error_of_our_own_is_raised_and_the_server_is_stopped(error):
    backend = Backend()
    with pytest.raises(type(error)):
        run(backend, rest=Client(fail=error))
    assert backend.events[-1] == "stop"


def test_a_staged_model_is_version_one_and_only_as_long_as_needed(tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    (model / "saved_model.pb").write_bytes(b"graph")
    with staged(model, "taxi", tmp_path) as base_path:
        assert base_path.name == "taxi"
        assert (base_path / "1" / "saved_model.pb").read_bytes() == b"graph"
    assert not base_path.exists()
    assert (model / "saved_model.pb").exists()
