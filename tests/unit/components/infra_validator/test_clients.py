import numpy as np
import pytest

from components.infra_validator.clients import ServingModelClient
from components.infra_validator.validation import RequestRefusedError
from serving.client import InvalidArgumentError, ModelVersionStatus


class Client:
    """Answers, or fails, as a client of `serving` does."""

    def __init__(self, answer=None, error=None):
        self._answer, self._error = answer, error

    def predict(self, _rows, _signature):
        if self._error:
            raise self._error
        return self._answer

    predict_examples = predict

    def status(self):
        return self.predict([], "")


def test_lists_become_arrays():
    client = ServingModelClient(Client({"score": [[0.5], [1.0]], "class": ["a", "b"]}))
    for outputs in (client.predict_examples("s", [b"x"]), client.predict_rows("s", [{}])):
        assert outputs["score"].shape == (2, 1)
        assert np.array_equal(outputs["class"], ["a", "b"])


def test_states_are_by_version():
    client = ServingModelClient(Client([ModelVersionStatus(2, "LOADING")]))
    assert client.states() == {2: "LOADING"}


def test_the_servers_error_is_a_refusal_with_its_words():
    client = ServingModelClient(Client(error=InvalidArgumentError("no such signature")))
    with pytest.raises(RequestRefusedError) as caught:
        client.predict_examples("s", [b"x"])
    assert caught.value.reason == "INVALID_ARGUMENT: no such signature"


@pytest.mark.parametrize(
    "client", [Client(error=ValueError("no predictions")), Client({"score": [[1.0], [1.0, 2.0]]})]
)
def test_an_answer_that_cannot_be_read_is_a_refusal(client):
    with pytest.raises(RequestRefusedError, match="the answer cannot be read"):
        ServingModelClient(client).predict_rows("s", [{}])


def test_an_error_of_our_own_is_not_a_refusal():
    with pytest.raises(RuntimeError, match="a bug"):
        ServingModelClient(Client(error=RuntimeError("a bug"))).states()
