"""Answers the calls of the REST API, up to the bytes of the body. Free of HTTP libraries."""

from __future__ import annotations

import contextlib
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.example_calls import ExampleCalls
from serving.server.flags import DEFAULT_MOST_ELEMENTS
from serving.server.json_examples import parse_examples, serialize_examples
from serving.server.json_request import decode_inputs, parse_body
from serving.server.json_response import (
    encode_classes,
    encode_error,
    encode_outputs,
    encode_regressions,
)
from serving.server.metadata import metadata_json
from serving.server.metrics import RequestNotes
from serving.server.model_service import note
from serving.server.must_wait import MustWaitError
from serving.server.pace import Paces
from serving.server.predict_checks import check_elements, check_method_name
from serving.server.request_log import Exchange
from serving.server.rest_routes import Call, Target, parse_target

if TYPE_CHECKING:
    from serving.server.metrics import ServerMetrics
    from serving.server.model_service import InUse, ModelService
    from serving.server.request_log import RequestLogs
    from serving.server.rest_request import RestRequest
    from serving.server.transitions import VersionStatus

_OK = Code.OK.http_status
# Other calls are timed without a name, as TensorFlow Serving does.
_TIMED = frozenset({Call.PREDICT, Call.CLASSIFY, Call.REGRESS})
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RestAnswer:
    """An HTTP status, a JSON body, and what came to be known of the request."""

    status: int
    body: bytes
    notes: RequestNotes = field(default_factory=RequestNotes)

    @classmethod
    def of_error(cls, error: ServingError, notes: RequestNotes | None = None) -> RestAnswer:
        """Returns the answer that reports an error."""
        notes = notes or RequestNotes()
        notes.code = error.code.name
        return cls(error.code.http_status, encode_error(error), notes)


class RestHandler:
    """The REST API over the models.

    Args:
        service: The models.
        metrics: Where requests are counted.
        request_logs: Where they are logged; None logs none.
        check_method_names: Whether a signature must have been made for the call by its method name.
        most_elements: How many elements an input of predict may have.
    """

    def __init__(
        self,
        service: ModelService,
        metrics: ServerMetrics,
        request_logs: RequestLogs | None = None,
        *,
        check_method_names: bool = False,
        most_elements: int = DEFAULT_MOST_ELEMENTS,
    ) -> None:
        self._service = service
        self._metrics = metrics
        self._request_logs = request_logs
        self._check_method_names = check_method_names
        self._examples = ExampleCalls(check_method_names)
        self._most_elements = most_elements
        self._paces = Paces()

    def answer(self, request: RestRequest) -> RestAnswer:
        """Answers one request; every failure becomes an answer too."""
        return self._answer(request, at_once=False)

    def preflight(self, request: RestRequest, origin: str) -> RestAnswer:
        """Answers a browser that asks whether it may ask.

        Args:
            request: What it sent.
            origin: The header of this name; "" where there is none.
        """
        try:
            with self._metrics.request("", "", "REST", request.notes):
                if "http://" not in origin and "https://" not in origin:
                    raise ServingError.of(
                        Code.FAILED_PRECONDITION, "Origin header is missing in CORS preflight"
                    )
        except ServingError as error:
            return RestAnswer(error.code.http_status, b"", request.notes)
        return RestAnswer(_OK, b"", request.notes)

    def refuse(self, request: RestRequest, error: ServingError) -> RestAnswer:
        """Answers a request whose body cannot be had.

        Args:
            request: What is known of it.
            error: What is wrong with its body.
        """
        with contextlib.suppress(ServingError):
            request.notes.model = parse_target(request.method, request.path).model
        self._metrics.request_count.add(request.notes.model, error.code.name)
        return RestAnswer.of_error(error, request.notes)

    def is_short(self, path: str, size: int) -> bool:
        """Whether an answer can be expected to take no more than a few milliseconds.

        That is so where the latest answers to this path were short, and the request is no larger
        than theirs.

        Args:
            path: The path as it was sent.
            size: The bytes of the request's body.
        """
        return self._paces.is_short(path, size)

    def answer_at_once(self, request: RestRequest) -> RestAnswer | None:
        """Answers a request as `answer` does; None where the model may take longer after all."""
        try:
            return self._answer(request, at_once=True)
        except MustWaitError:
            self._paces.forget(request.path)
            return None

    def _answer(self, request: RestRequest, *, at_once: bool) -> RestAnswer:
        stopwatch = self._paces.watch(request.path)
        try:
            answer = RestAnswer(_OK, self._counted(request, at_once=at_once), request.notes)
        except ServingError as error:
            answer = RestAnswer.of_error(error, request.notes)
        except MustWaitError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug is answered and logged, never dropped
            _log.exception("%s %s failed", request.method, request.path)
            answer = RestAnswer.of_error(ServingError.of(Code.INTERNAL, str(error)), request.notes)
        self._paces.note(request.path, len(request.body), stopwatch)
        return answer

    def _counted(self, request: RestRequest, *, at_once: bool) -> bytes:
        try:
            target = parse_target(request.method, request.path)
        except ServingError as error:
            self._metrics.request_count.add("", error.code.name)
            raise
        api = target.call.value if target.call in _TIMED else ""
        with self._metrics.request(target.model, api, "REST", request.notes):
            answer = self._call(target, request, at_once=at_once)
            # Whoever asked may have been told already that it took too long.
            request.time_left()
            return answer

    def _call(self, target: Target, request: RestRequest, *, at_once: bool) -> bytes:
        if target.call is Call.PREDICT:
            return self._predict(target, request, at_once=at_once)
        if at_once:
            raise MustWaitError
        if target.call is Call.METADATA:
            with self._service.lease(target.model, target.version, target.label) as lease:
                return metadata_json(target.model, lease.version, lease.servable.signature_defs)
        if target.call is Call.STATUS:
            # A label in the path is ignored here, as in TensorFlow Serving.
            return _status_json(self._service.statuses(target.model, target.version))
        return self._examine(target, request)

    def _predict(self, target: Target, request: RestRequest, *, at_once: bool) -> bytes:
        asked = parse_body(request.body)
        with self._service.lease(target.model, target.version, target.label) as lease:
            note(request.notes, lease, asked.signature_name)
            signature = lease.servable.signatures.get(asked.signature_name)
            if signature is None:
                raise InvalidArgumentError(
                    f'Serving signature name: "{asked.signature_name}" not found in signature def'
                )
            layout, inputs = decode_inputs(asked.document, signature)
            for alias, array in inputs.items():
                check_elements(alias, array.size, self._most_elements)
            if self._check_method_names:
                check_method_name(signature)
            time_left = request.time_left()
            with self._metrics.runtime(target.model, "Predict"):
                outputs = lease.servable.run(
                    signature, inputs, timeout_s=time_left, at_once=at_once
                )
        answer = encode_outputs(outputs, layout)
        size = len(request.body) + len(answer)
        self._log(target, lease, signature.name, inputs, outputs, size)
        return answer

    def _examine(self, target: Target, request: RestRequest) -> bytes:
        """Classifies or regresses."""
        asked = parse_body(request.body)
        context, examples = parse_examples(asked.document)
        with self._service.lease(target.model, target.version, target.label) as lease:
            note(request.notes, lease, asked.signature_name)
            arguments = (
                lease.servable,
                asked.signature_name,
                serialize_examples(context, examples),
                request.time_left(),
            )
            result: Any
            if target.call is Call.CLASSIFY:
                with self._metrics.runtime(target.model, "Classify"):
                    result = self._examples.classify(*arguments)
                answer = encode_classes(result)
            else:
                with self._metrics.runtime(target.model, "Regress"):
                    result = self._examples.regress(*arguments)
                answer = encode_regressions(result)
        size = len(request.body) + len(answer)
        self._log(target, lease, asked.signature_name, arguments[2], result, size)
        return answer

    def _log(
        self, target: Target, lease: InUse, signature: str, sent: Any, result: Any, size: int
    ) -> None:
        log = self._request_logs and self._request_logs.sample(target.model)
        if log:
            call, version = target.call.value, lease.version
            log.offer(Exchange(call, target.model, version, signature, sent, result, size))


def _status_json(statuses: list[VersionStatus]) -> bytes:
    entries = [
        {
            "version": str(status.version),
            "state": status.state.name,
            "status": {
                "error_code": status.error.code.name if status.error else Code.OK.name,
                "error_message": status.error.message if status.error else "",
            },
        }
        for status in statuses
    ]
    return json.dumps({"model_version_status": entries}, indent=1).encode() + b"\n"
