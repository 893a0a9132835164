"""Answers the calls of the REST API, up to the bytes of the body. Free of HTTP libraries."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.example_calls import ExampleCalls
from serving.server.json_examples import parse_examples, serialize_examples
from serving.server.json_request import decode_inputs, parse_body
from serving.server.json_response import (
    encode_classes,
    encode_error,
    encode_outputs,
    encode_regressions,
)
from serving.server.metadata import metadata_json
from serving.server.model_service import note
from serving.server.predict_checks import check_method_name
from serving.server.rest_routes import Call, Target, parse_target

if TYPE_CHECKING:
    from serving.server.metrics import RequestNotes, ServerMetrics
    from serving.server.model_service import ModelService
    from serving.server.transitions import VersionStatus

# Other calls are timed without a name, as TensorFlow Serving does.
_TIMED = frozenset({Call.PREDICT, Call.CLASSIFY, Call.REGRESS})
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RestAnswer:
    """An HTTP status and a JSON body."""

    status: int
    body: bytes

    @classmethod
    def of_error(cls, error: ServingError) -> RestAnswer:
        """Returns the answer that reports an error."""
        return cls(error.code.http_status, encode_error(error))


class RestHandler:
    """The REST API over the models.

    Args:
        service: The models.
        metrics: Where requests are counted.
        check_method_names: Whether a signature must have been made for the call by its method name.
        timeout_s: When a model is to give up, seconds; None is never.
    """

    def __init__(
        self,
        service: ModelService,
        metrics: ServerMetrics,
        *,
        check_method_names: bool = False,
        timeout_s: float | None = None,
    ) -> None:
        self._service = service
        self._metrics = metrics
        self._check_method_names = check_method_names
        self._examples = ExampleCalls(check_method_names)
        self._timeout_s = timeout_s

    def answer(self, method: str, path: str, body: bytes) -> RestAnswer:
        """Answers one request; every failure becomes an answer too.

        Args:
            method: The HTTP method.
            path: The path as it was sent, query string included.
            body: The request's body.
        """
        try:
            return RestAnswer(Code.OK.http_status, self._counted(method, path, body))
        except ServingError as error:
            return RestAnswer.of_error(error)
        except Exception as error:  # noqa: BLE001 - a bug is answered and logged, never dropped
            _log.exception("%s %s failed", method, path)
            return RestAnswer.of_error(ServingError.of(Code.INTERNAL, str(error)))

    def _counted(self, method: str, path: str, body: bytes) -> bytes:
        try:
            target = parse_target(method, path)
        except ServingError as error:
            self._metrics.request_count.add("", error.code.name)
            raise
        api = target.call.value if target.call in _TIMED else ""
        with self._metrics.request(target.model, api, "REST") as notes:
            return self._call(target, body, notes)

    def _call(self, target: Target, body: bytes, notes: RequestNotes) -> bytes:
        if target.call is Call.PREDICT:
            return self._predict(target, body, notes)
        if target.call is Call.METADATA:
            with self._service.lease(target.model, target.version, target.label) as lease:
                return metadata_json(target.model, lease.version, lease.servable.signature_defs)
        if target.call is Call.STATUS:
            # A label in the path is ignored here, as in TensorFlow Serving.
            return _status_json(self._service.statuses(target.model, target.version))
        return self._examine(target, body, notes)

    def _predict(self, target: Target, body: bytes, notes: RequestNotes) -> bytes:
        request = parse_body(body)
        with self._service.lease(target.model, target.version, target.label) as lease:
            note(notes, lease, request.signature_name)
            signature = lease.servable.signatures.get(request.signature_name)
            if signature is None:
                raise InvalidArgumentError(
                    f'Serving signature name: "{request.signature_name}" not found in signature def'
                )
            layout, inputs = decode_inputs(request.document, signature)
            if self._check_method_names:
                check_method_name(signature)
            with self._metrics.runtime(target.model, "Predict"):
                outputs = lease.servable.run(signature, inputs, timeout_s=self._timeout_s)
        return encode_outputs(outputs, layout)

    def _examine(self, target: Target, body: bytes, notes: RequestNotes) -> bytes:
        """Classifies or regresses."""
        request = parse_body(body)
        context, examples = parse_examples(request.document)
        with self._service.lease(target.model, target.version, target.label) as lease:
            note(notes, lease, request.signature_name)
            arguments: tuple[Any, ...] = (
                lease.servable,
                request.signature_name,
                serialize_examples(context, examples),
                self._timeout_s,
            )
            if target.call is Call.CLASSIFY:
                with self._metrics.runtime(target.model, "Classify"):
                    classes = self._examples.classify(*arguments)
                return encode_classes(classes)
            with self._metrics.runtime(target.model, "Regress"):
                values = self._examples.regress(*arguments)
            return encode_regressions(values)


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
