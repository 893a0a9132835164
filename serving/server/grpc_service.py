"""The gRPC services, on the messages of `tensorflow-serving-api`.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import grpc
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving.dtypes import dtype_name
from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.predict_checks import check_input_names, check_input_types, select_outputs
from serving.server.tensor_proto import fill_proto, to_array
from serving.signature import DEFAULT_SIGNATURE, Signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving.server.model_service import ModelService, Servable
    from serving.server.model_versions import Lease

_log = logging.getLogger(__name__)
_MAX_MESSAGE = 1024
_SIGNATURE_FIELD = "signature_def"
_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}
AnswerT = TypeVar("AnswerT")


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict and GetModelMetadata; the other calls answer UNIMPLEMENTED."""

    def __init__(self, service: ModelService) -> None:
        self._service = service

    def Predict(  # noqa: N802 - the protocol's name
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Calls a signature."""
        return _answer(context, lambda: self._predict(request))

    def GetModelMetadata(  # noqa: N802 - the protocol's name
        self,
        request: get_model_metadata_pb2.GetModelMetadataRequest,
        context: grpc.ServicerContext,
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Describes the signatures of a version."""
        return _answer(context, lambda: self._metadata(request))

    def _predict(self, request: predict_pb2.PredictRequest) -> predict_pb2.PredictResponse:
        name = request.model_spec.signature_name or DEFAULT_SIGNATURE
        with _lease(self._service, request) as lease:
            signature = lease.servable.signatures.get(name)
            if signature is None:
                raise ServingError.of(
                    Code.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.'
                )
            outputs = _run(lease.servable, signature, request)
        response = predict_pb2.PredictResponse()
        _fill_spec(response.model_spec, request.model_spec.name, lease.version)
        response.model_spec.signature_name = name
        for alias, array in outputs.items():
            fill_proto(response.outputs[alias], array)
        return response

    def _metadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        _check_spec(request)
        if not request.metadata_field:
            raise InvalidArgumentError(
                "GetModelMetadataRequest must specify at least one metadata_field"
            )
        for field in request.metadata_field:
            if field != _SIGNATURE_FIELD:
                raise InvalidArgumentError(f"Metadata field {field} is not supported")
        signatures = get_model_metadata_pb2.SignatureDefMap()
        with _lease(self._service, request) as lease:
            for name, definition in lease.servable.signature_defs.items():
                signatures.signature_def[name].CopyFrom(definition)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        _fill_spec(response.model_spec, request.model_spec.name, lease.version)
        response.metadata[_SIGNATURE_FIELD].Pack(signatures)
        return response


class ModelStatusService(model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus; HandleReloadConfigRequest answers UNIMPLEMENTED."""

    def __init__(self, service: ModelService) -> None:
        self._service = service

    def GetModelStatus(  # noqa: N802 - the protocol's name
        self, request: get_model_status_pb2.GetModelStatusRequest, context: grpc.ServicerContext
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """Lists the versions of a model with their states."""
        return _answer(context, lambda: self._status(request))

    def _status(
        self, request: get_model_status_pb2.GetModelStatusRequest
    ) -> get_model_status_pb2.GetModelStatusResponse:
        _check_spec(request)
        response = get_model_status_pb2.GetModelStatusResponse()
        for status in self._service.statuses(request.model_spec.name, _version(request.model_spec)):
            entry = response.model_version_status.add(
                version=status.version, state=status.state.value
            )
            entry.status.error_code = status.error.code.number if status.error else Code.OK.number
            entry.status.error_message = status.error.message if status.error else ""
        return response


def add_services(server: grpc.Server, service: ModelService) -> None:
    """Registers all services on a gRPC server."""
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(service), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelStatusService(service), server)


def _answer(context: grpc.ServicerContext, call: Callable[[], AnswerT]) -> AnswerT:
    try:
        return call()
    except ServingError as error:
        _abort(context, error)
    except Exception as error:  # noqa: BLE001 - a bug is answered and logged, never dropped
        _log.exception("a gRPC call failed")
        _abort(context, ServingError.of(Code.INTERNAL, str(error)))


def _abort(context: grpc.ServicerContext, error: ServingError) -> NoReturn:
    text = error.message
    if len(text) > _MAX_MESSAGE:
        text = text[:_MAX_MESSAGE] + "...TRUNCATED"
    context.abort(_STATUS_CODES[error.code.number], text)
    raise error  # abort has raised already; this line tells the type checker so


def _run(servable: Servable, signature: Signature, request: predict_pb2.PredictRequest) -> Any:
    check_input_names(signature, request.inputs)
    selected = select_outputs(signature, request.output_filter)
    inputs = {alias: to_array(alias, proto) for alias, proto in request.inputs.items()}
    check_input_types(signature, {a: dtype_name(p.dtype) for a, p in request.inputs.items()})
    outputs = servable.run(signature, inputs)
    return {alias: outputs[alias] for alias in selected}


def _lease(service: ModelService, request: Any) -> Lease[Servable]:
    _check_spec(request)
    spec = request.model_spec
    label = spec.version_label if spec.HasField("version_label") else None
    return service.lease(spec.name, _version(spec), label)


def _check_spec(request: Any) -> None:
    if not request.HasField("model_spec"):
        raise InvalidArgumentError("Missing ModelSpec")
    if not request.model_spec.name:
        raise InvalidArgumentError("ModelSpec has no name specified.")


def _version(spec: model_pb2.ModelSpec) -> int | None:
    return int(spec.version.value) if spec.HasField("version") else None


def _fill_spec(spec: model_pb2.ModelSpec, name: str, version: int) -> None:
    spec.name = name
    spec.version.value = version
