"""Answers REST calls: bytes in, status and bytes out. Free of HTTP libraries."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.json_request import decode_inputs, parse_predict_body
from serving.server.json_response import encode_error, encode_outputs
from serving.server.metadata import metadata_json
from serving.server.rest_routes import Call, Target, parse_target

if TYPE_CHECKING:
    from serving.server.model_service import ModelService
    from serving.server.transitions import VersionStatus

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
    """The REST API over the models."""

    def __init__(self, service: ModelService) -> None:
        self._service = service

    def answer(self, method: str, path: str, body: bytes) -> RestAnswer:
        """Answers one request; every failure becomes an answer too.

        Args:
            method: The HTTP method.
            path: The path as it was sent, query string included.
            body: The request's body.
        """
        try:
            return RestAnswer(Code.OK.http_status, self._call(parse_target(method, path), body))
        except ServingError as error:
            return RestAnswer.of_error(error)
        except Exception as error:  # noqa: BLE001 - a bug is answered and logged, never dropped
            _log.exception("%s %s failed", method, path)
            return RestAnswer.of_error(ServingError.of(Code.INTERNAL, str(error)))

    def _call(self, target: Target, body: bytes) -> bytes:
        if target.call is Call.PREDICT:
            return self._predict(target, body)
        if target.call is Call.METADATA:
            with self._service.lease(target.model, target.version, target.label) as lease:
                return metadata_json(target.model, lease.version, lease.servable.signature_defs)
        if target.call is Call.STATUS:
            # A label in the path is ignored here, as in TensorFlow Serving.
            return _status_json(self._service.statuses(target.model, target.version))
        raise ServingError.of(
            Code.UNIMPLEMENTED, f"This server does not offer {target.call.value} yet; use predict."
        )

    def _predict(self, target: Target, body: bytes) -> bytes:
        request = parse_predict_body(body)
        with self._service.lease(target.model, target.version, target.label) as lease:
            signature = lease.servable.signatures.get(request.signature_name)
            if signature is None:
                raise InvalidArgumentError(
                    f'Serving signature name: "{request.signature_name}" not found in signature def'
                )
            layout, inputs = decode_inputs(request.document, signature)
            outputs = lease.servable.run(signature, inputs)
        return encode_outputs(outputs, layout)


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
    return json.dumps({"model_version_status": entries}, indent=1).encode()
