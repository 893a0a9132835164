"""The client over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc

from serving.client.api import DEFAULT_TIMEOUT_S, Client, Columns, ModelMetadata, ModelVersionStatus
from serving.client.messages import message_class
from serving.client.tensor_format import fill_tensor, rows_to_columns, tensor_to_list
from serving.dtypes import dtype_name
from serving.errors import Code, ServingError
from serving.signature import Signature, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PREDICTION = "/tensorflow.serving.PredictionService"
_MODEL = "/tensorflow.serving.ModelService"
_SIGNATURE_FIELD = "signature_def"
_STATES = {10: "START", 20: "LOADING", 30: "AVAILABLE", 40: "UNLOADING", 50: "END"}
_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # A model server is reached directly: a proxy meant for the internet would be in the way.
    ("grpc.enable_http_proxy", 0),
)


class GrpcClient(Client):
    """A client that keeps one channel open."""

    def __init__(self, address: str, model: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        super().__init__(address, model, timeout_s)
        self._channel = grpc.insecure_channel(address, options=_OPTIONS)
        self._calls = {
            name: self._channel.unary_unary(
                f"{service}/{name}",
                request_serializer=message_class(f"{request}Request").SerializeToString,
                response_deserializer=message_class(f"{request}Response").FromString,
            )
            for service, name, request in (
                (_PREDICTION, "Predict", "Predict"),
                (_PREDICTION, "GetModelMetadata", "GetModelMetadata"),
                (_MODEL, "GetModelStatus", "GetModelStatus"),
            )
        }

    def status(self) -> list[ModelVersionStatus]:
        """Returns the states of the model's versions, newest first."""
        request = self._request("GetModelStatusRequest")
        response = self._call("GetModelStatus", request, self.timeout_s)
        statuses = [_to_status(entry) for entry in response.model_version_status]
        return sorted(statuses, key=lambda status: status.version, reverse=True)

    def metadata(self) -> ModelMetadata:
        """Returns the signatures of the version that answers now."""
        request = self._request("GetModelMetadataRequest")
        request.metadata_field.append(_SIGNATURE_FIELD)
        response = self._call("GetModelMetadata", request, self.timeout_s)
        packed = response.metadata[_SIGNATURE_FIELD].value
        definitions = message_class("SignatureDefMap").FromString(packed).signature_def
        signatures = {name: _to_signature(name, definitions[name]) for name in definitions}
        return ModelMetadata(self.model, int(response.model_spec.version.value), signatures)

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()

    def _predict(
        self, rows: Sequence[Mapping[str, object]], signature: str, timeout_s: float
    ) -> Columns:
        inputs = self._signature(signature).inputs
        request = self._request("PredictRequest")
        request.model_spec.signature_name = signature
        for alias, array in rows_to_columns(rows, inputs).items():
            fill_tensor(request.inputs[alias], array, inputs[alias].dtype)
        response = self._call("Predict", request, timeout_s)
        if self._metadata and self._metadata.version != response.model_spec.version.value:
            # Another version answers now; it may take other inputs.
            self._metadata = None
        return {
            alias: tensor_to_list(alias, response.outputs[alias], len(rows))
            for alias in sorted(response.outputs)
        }

    def _request(self, name: str) -> Any:
        request = message_class(name)()
        request.model_spec.name = self.model
        return request

    def _call(self, name: str, request: Any, timeout_s: float) -> Any:
        try:
            return self._calls[name](request, timeout=timeout_s)
        except grpc.RpcError as error:
            code = Code.from_number(error.code().value[0])
            message = error.details() or ""
            if code is Code.UNAVAILABLE:
                message = f"cannot reach {self.address}: {message}"
            elif code is Code.DEADLINE_EXCEEDED:
                message = f"no answer from {self.address} within {timeout_s:g} s"
            else:
                # The model may have changed since it was asked for its signatures.
                self._metadata = None
            raise ServingError.of(code, message) from error


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
