"""The clients of `serving`, as the checks want them: arrays in one piece, one kind of refusal."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from components.infra_validator.validation import (
    GRPC,
    REST,
    ClientsOf,
    ModelClient,
    RequestRefusedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from components.infra_validator.backends import Endpoints
    from components.infra_validator.checks import Outputs
    from serving.client import Client, Columns

_LEAST_TIMEOUT_S = 30.0
# A request far beyond its bound still gets an answer, so that the verdict can name its time.
_BOUNDS_TO_WAIT = 10

Returned = TypeVar("Returned")


def open_clients(model_name: str, max_latency_ms: float) -> ClientsOf:
    """Returns how to open a client for REST and one for gRPC.

    Args:
        model_name: The model.
        max_latency_ms: Bound of a request; clients wait some times as long.
    """
    timeout_s = max(_LEAST_TIMEOUT_S, _BOUNDS_TO_WAIT * max_latency_ms / 1000)

    def clients_of(endpoints: Endpoints) -> AbstractContextManager[Mapping[str, ModelClient]]:
        return _opened(endpoints, model_name, timeout_s)

    return clients_of


@contextmanager
def _opened(
    endpoints: Endpoints, model_name: str, timeout_s: float
) -> Iterator[Mapping[str, ModelClient]]:
    from serving.client import connect

    with ExitStack() as stack:
        rest = stack.enter_context(connect(endpoints.rest, model_name, "rest", timeout_s))
        grpc = stack.enter_context(connect(endpoints.grpc, model_name, "grpc", timeout_s))
        yield {REST: ServingModelClient(rest), GRPC: ServingModelClient(grpc)}


class ServingModelClient:
    """A `ModelClient` on a client of `serving`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def states(self) -> Mapping[int, str]:
        """Returns the state of each version."""
        statuses = _answered(self._client.status)
        return {status.version: status.state for status in statuses}

    def predict_examples(self, signature: str, examples: Sequence[bytes]) -> Outputs:
        """Sends serialized tf.Examples."""
        return _answered(lambda: _arrays(self._client.predict_examples(examples, signature)))

    def predict_rows(self, signature: str, rows: Sequence[Mapping[str, Any]]) -> Outputs:
        """Sends rows of raw values."""
        return _answered(lambda: _arrays(self._client.predict(rows, signature)))


def _answered(call: Callable[[], Returned]) -> Returned:
    from serving.client import ServingError

    try:
        return call()
    except ServingError as error:
        raise RequestRefusedError(str(error)) from error
    except ValueError as error:
        # The server's answer is the model's doing: lists of uneven length, for example.
        raise RequestRefusedError(f"the answer cannot be read: {error}") from error


def _arrays(columns: Columns) -> Outputs:
    return {name: np.asarray(values) for name, values in columns.items()}
