"""The clients over gRPC."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
from google.protobuf.message import DecodeError

from serving.client.answers import reading
from serving.client.dialect import Dialect
from serving.client.messages import message_class
from serving.client.results import Columns, ModelMetadata, ModelVersionStatus
from serving.client.tensor_format import fill_tensor, rows_to_columns, tensor_to_list
from serving.dtypes import dtype_name
from serving.errors import Code, ServingError
from serving.signature import Signature, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from serving.client.dialect import Talk
    from serving.client.tls import Tls

_PREDICTION = "/tensorflow.serving.PredictionService"
_MODEL = "/tensorflow.serving.ModelService"
_SIGNATURE_FIELD = "signature_def"
_STATES = {10: "START", 20: "LOADING", 30: "AVAILABLE", 40: "UNLOADING", 50: "END"}
_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # A model server is reached directly: a proxy meant for the internet would be in the way.
    ("grpc.enable_http_proxy", 0),
    # As soon as a call is repeated, the connection is tried again as well.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 2000),
)


class GrpcCall(NamedTuple):
    """A call by its name; the answer is the message that it is answered with."""

    name: str
    request: Any


class GrpcDialect(Dialect):
    """The conversations over gRPC."""

    def status(self) -> Talk[list[ModelVersionStatus]]:
        """Asks for the states of the model's versions."""
        response = yield GrpcCall("GetModelStatus", self._request("GetModelStatusRequest"))
        statuses = [_to_status(entry) for entry in response.model_version_status]
        return sorted(statuses, key=lambda status: status.version, reverse=True)

    def metadata(self) -> Talk[ModelMetadata]:
        """Asks for the signatures of the version that answers now."""
        request = self._request("GetModelMetadataRequest")
        request.metadata_field.append(_SIGNATURE_FIELD)
        response = yield GrpcCall("GetModelMetadata", request)
        packed = response.metadata[_SIGNATURE_FIELD].value
        with reading(DecodeError):
            definitions = message_class("SignatureDefMap").FromString(packed).signature_def
        signatures = {name: _to_signature(name, definitions[name]) for name in definitions}
        return ModelMetadata(self.model, int(response.model_spec.version.value), signatures)

    def _predict(self, rows: Sequence[Mapping[str, object]], signature: str) -> Talk[Columns]:
        inputs = (yield from self.signature(signature)).inputs
        request = self._request("PredictRequest")
        request.model_spec.signature_name = signature
        for alias, array in rows_to_columns(rows, inputs).items():
            fill_tensor(request.inputs[alias], array, inputs[alias].dtype)
        response = yield GrpcCall("Predict", request)
        if self._metadata and self._metadata.version != response.model_spec.version.value:
            # Another version answers now; it may take other inputs.
            self.forget()
        outputs = response.outputs
        with reading():
            columns = {
                alias: tensor_to_list(alias, outputs[alias], len(rows)) for alias in sorted(outputs)
            }
        return Columns(columns, {alias: dtype_name(outputs[alias].dtype) for alias in outputs})

    def _request(self, name: str) -> Any:
        request = message_class(name)()
        request.model_spec.name = self.model
        if self.version is not None:
            request.model_spec.version.SetInParent()
            request.model_spec.version.value = self.version
        if self.label is not None:
            request.model_spec.version_label = self.label
        return request


class GrpcTransport:
    """Keeps one channel open."""

    def __init__(self, address: str, tls: Tls | None = None) -> None:
        self._address = address
        self._channel = _channel(grpc, address, tls)
        self._calls = _calls(self._channel)

    def send(self, call: GrpcCall, timeout_s: float) -> Any:
        """Returns the message of the answer; see `Transport.send`."""
        try:
            return self._calls[call.name](call.request, timeout=timeout_s)
        except grpc.RpcError as error:
            raise _to_error(error, self._address) from error

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()


class AsyncGrpcTransport:
    """Keeps one channel open, for an event loop."""

    def __init__(self, address: str, tls: Tls | None = None) -> None:
        self._address = address
        self._is_closed = False
        self._channel = _channel(grpc.aio, address, tls)
        self._calls = _calls(self._channel)

    async def send(self, call: GrpcCall, timeout_s: float) -> Any:
        """Returns the message of the answer; see `Transport.send`."""
        try:
            return await self._calls[call.name](call.request, timeout=timeout_s)
        except grpc.RpcError as error:
            raise _to_error(error, self._address) from error
        except asyncio.CancelledError as error:
            if not self._is_closed:
                raise
            # Nobody cancelled the caller: a channel that is closed cancels its calls.
            raise ServingError.of(Code.CANCELLED, "the channel is closed") from error

    async def close(self) -> None:
        """Closes the channel."""
        self._is_closed = True
        await self._channel.close(grace=None)


def _channel(kind: Any, address: str, tls: Tls | None) -> Any:
    if tls is None:
        return kind.insecure_channel(address, options=_OPTIONS)
    return kind.secure_channel(address, tls.for_grpc(), options=_OPTIONS)


def _calls(channel: Any) -> dict[str, Any]:
    return {
        name: channel.unary_unary(
            f"{service}/{name}",
            request_serializer=message_class(f"{name}Request").SerializeToString,
            response_deserializer=message_class(f"{name}Response").FromString,
        )
        for service, name in (
            (_PREDICTION, "Predict"),
            (_PREDICTION, "GetModelMetadata"),
            (_MODEL, "GetModelStatus"),
        )
    }


def _to_error(error: Any, address: str) -> Exception:
    code = Code.from_number(error.code().value[0])
    message = error.details() or ""
    if code is Code.DEADLINE_EXCEEDED:
        return TimeoutError(message)
    if code is Code.UNAVAILABLE:
        message = f"cannot reach {address}: {message}"
    return ServingError.of(code, message)


def _to_status(entry: Any) -> ModelVersionStatus:
    code = Code.from_number(entry.status.error_code)
    error = None if code is Code.OK else ServingError.of(code, entry.status.error_message)
    return ModelVersionStatus(entry.version, _STATES.get(entry.state, "UNKNOWN"), error)


def _to_signature(name: str, definition: Any) -> Signature:
    return Signature(
        name=name,
        inputs=_to_specs(definition.inputs),
        outputs=_to_specs(definition.outputs),
        method_name=definition.method_name,
    )


def _to_specs(infos: Any) -> dict[str, TensorSpec]:
    return {alias: _to_spec(alias, infos[alias]) for alias in sorted(infos)}


def _to_spec(alias: str, info: Any) -> TensorSpec:
    shape = info.tensor_shape
    sizes = None if shape.unknown_rank else tuple(int(dim.size) for dim in shape.dim)
    return TensorSpec(alias, dtype_name(info.dtype), sizes, info.name)
