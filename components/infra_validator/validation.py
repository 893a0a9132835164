"""The course of a validation: start a server, ask it, stop it, hand back the checks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from components.infra_validator.backends import Endpoints, ModelServerBackend
from components.infra_validator.checks import (
    Answer,
    Check,
    Outputs,
    Refused,
    Result,
    check_agreement,
    check_answer,
    check_latency,
    check_state,
    passed,
)
from components.infra_validator.errors import ModelNotServedError
from components.infra_validator.staging import VERSION

if TYPE_CHECKING:
    from pathlib import Path

REST, GRPC = "REST", "gRPC"
# Enough for a median that one slow request does not move.
_SINGLE_REQUESTS = 21


class RequestRefusedError(Exception):
    """The server answered a request with an error, or not at all.

    Attributes:
        reason: Its status and message.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ModelClient(Protocol):
    """One protocol to a running server. Every method may raise `RequestRefusedError`."""

    def states(self) -> Mapping[int, str]:
        """Returns the state of each version: `AVAILABLE`, `LOADING`, ..."""

    def predict_examples(self, signature: str, examples: Sequence[bytes]) -> Outputs:
        """Sends serialized tf.Examples; returns outputs whose first dimension is the batch."""

    def predict_rows(self, signature: str, rows: Sequence[Mapping[str, Any]]) -> Outputs:
        """Sends rows of raw values; returns outputs whose first dimension is the batch."""


ClientsOf = Callable[[Endpoints], AbstractContextManager[Mapping[str, ModelClient]]]


@dataclass(frozen=True)
class Question:
    """Real data for one signature.

    Attributes:
        signature: The signature that is asked.
        examples: Serialized tf.Examples, or rows of raw values.
        as_rows: Which of the two they are.
    """

    signature: str
    examples: Sequence[Any]
    as_rows: bool = False

    def ask(self, client: ModelClient, only: int | None = None) -> Answer:
        """Sends all examples in one request, or only the one at an index."""
        examples = self.examples if only is None else [self.examples[only]]
        try:
            if self.as_rows:
                return client.predict_rows(self.signature, examples)
            return client.predict_examples(self.signature, examples)
        except RequestRefusedError as error:
            return Refused(error.reason)


def validate(
    backend: ModelServerBackend,
    clients_of: ClientsOf,
    model_name: str,
    saved_model: Path,
    questions: Sequence[Question],
    max_latency_ms: float,
) -> list[Check]:
    """Serves a model, sends the questions over every protocol, and stops the server.

    Args:
        backend: Runs the server.
        clients_of: Opens a client for each protocol, named `REST` and `GRPC`.
        model_name: The model.
        saved_model: Folder of the SavedModel.
        questions: What to ask.
        max_latency_ms: Bound of the median time of a request with one example.
    """
    with ExitStack() as stack:
        began = time.monotonic()
        try:
            endpoints = stack.enter_context(backend.serve(model_name, saved_model))
        except ModelNotServedError as error:
            return [
                passed("load", ok=False, detail=error.reason),
                Check("predictions", Result.NOT_RUN, "no server"),
            ]
        loaded = passed("load", ok=True, detail=f"ready after {time.monotonic() - began:.1f} s")
        clients = stack.enter_context(clients_of(endpoints))
        return [loaded, *_ask_all(clients, questions, max_latency_ms)]


def _ask_all(
    clients: Mapping[str, ModelClient], questions: Sequence[Question], max_latency_ms: float
) -> list[Check]:
    checks = [_state(protocol, client) for protocol, client in clients.items()]
    for question in questions:
        checks += _ask(clients, question)
    for question in questions[:1]:
        checks += [
            check_latency(protocol, _times(client, question), max_latency_ms)
            for protocol, client in clients.items()
        ]
    return checks


def _state(protocol: str, client: ModelClient) -> Check:
    name = f"{protocol}: version"
    try:
        check = check_state(VERSION, client.states())
    except RequestRefusedError as error:
        return passed(name, ok=False, detail=error.reason)
    return Check(name, check.result, check.detail)


def _ask(clients: Mapping[str, ModelClient], question: Question) -> list[Check]:
    answers = {protocol: question.ask(client) for protocol, client in clients.items()}
    checks = []
    for protocol, answer in answers.items():
        where = f"{question.signature}, {protocol}"
        checks += check_answer(where, answer, len(question.examples))
    return [*checks, check_agreement(question.signature, answers[REST], answers[GRPC])]


def _times(client: ModelClient, question: Question) -> list[float]:
    """Returns the seconds of requests with one example; refused ones were counted before."""
    times = []
    for index in range(min(len(question.examples), _SINGLE_REQUESTS)):
        began = time.perf_counter()
        answer = question.ask(client, only=index)
        if not isinstance(answer, Refused):
            times.append(time.perf_counter() - began)
    return times
