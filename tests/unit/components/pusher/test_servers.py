"""Asking servers which versions they have."""

import pytest

import serving.client
from components.pusher.servers import ServerSilentError, versions_in_use
from serving.client import (
    ModelVersionStatus,
    NotFoundError,
    ServingError,
    UnavailableError,
)
from serving.errors import Code


@pytest.fixture
def servers(monkeypatch):
    """Address -> what the server there answers: statuses, or an error."""
    answers = {}

    class Client:
        def __init__(self, address, model, protocol, timeout_s):
            assert (model, protocol) == ("taxi", "grpc")
            assert 0 < timeout_s <= 10
            self._answer = answers[address]

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def status(self):
            if isinstance(self._answer, ServingError):
                raise self._answer
            return self._answer

    monkeypatch.setattr(serving.client, "connect", Client)
    return answers


def test_what_any_server_has(servers):
    servers["a:1"] = [ModelVersionStatus(3, "AVAILABLE"), ModelVersionStatus(2, "UNLOADING")]
    servers["b:1"] = [ModelVersionStatus(4, "LOADING"), ModelVersionStatus(1, "START")]
    assert versions_in_use(["a:1", "b:1"], "taxi") == {1, 2, 3, 4}


def test_what_a_server_has_unloaded_is_not_in_use(servers):
    """TensorFlow Serving goes on listing every version that it once had."""
    servers["a:1"] = [ModelVersionStatus(3, "AVAILABLE"), ModelVersionStatus(2, "END")]
    assert versions_in_use(["a:1"], "taxi") == {3}


def test_what_a_server_could_not_load_is_still_wanted(servers):
    failed = ServingError.of(Code.RESOURCE_EXHAUSTED, "out of memory")
    servers["a:1"] = [ModelVersionStatus(3, "END", failed)]
    assert versions_in_use(["a:1"], "taxi") == {3}


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            UnavailableError("cannot reach b:1: refused; last error: UNKNOWN: long story"),
            "the server b:1 does not say which versions it has: cannot reach b:1: refused",
        ),
        (NotFoundError("no model taxi"), "it has: no model taxi"),
    ],
)
def test_one_silent_server_is_an_error(servers, error, message):
    servers["a:1"] = [ModelVersionStatus(3, "AVAILABLE")]
    servers["b:1"] = error
    with pytest.raises(ServerSilentError) as caught:
        versions_in_use(["a:1", "b:1"], "taxi")
    assert str(caught.value).endswith(message)
    assert caught.value.address == "b:1"
