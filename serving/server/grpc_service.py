"""The gRPC services, on the messages of `tensorflow-serving-api`.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from serving.errors import Code, InvalidArgumentError
from serving.server.grpc_errors import StatusOfFailure
from serving.server.grpc_inline import InlineMethod
from serving.server.model_service import note
from serving.server.request_log import Exchange
from serving.server.steps import finish, in_one_step
from serving.signature import DEFAULT_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Callable

    import grpc

    from serving.server.inference import Inference
    from serving.server.metrics import ServerMetrics
    from serving.server.model_catalog import ModelCatalog
    from serving.server.model_service import InUse, ModelService, Servable
    from serving.server.model_versions import Lease
    from serving.server.request_log import RequestLogs
    from serving.server.steps import Steps

_PREDICT = "/tensorflow.serving.PredictionService/Predict"
_SIGNATURE_FIELD = "signature_def"
# Longer than anybody waits, and than locks can: gRPC gives a call without a deadline 9e18 seconds.
_FOR_EVER_S = 1e8
AnswerT = TypeVar("AnswerT")


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """The inference calls and GetModelMetadata."""

    def __init__(
        self,
        service: ModelService,
        inference: Inference,
        metrics: ServerMetrics,
        request_logs: RequestLogs | None = None,
    ) -> None:
        self._service = service
        self._inference = inference
        self._metrics = metrics
        self._request_logs = request_logs

    def Predict(  # noqa: N802 - the protocol's name
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Calls a signature."""
        return finish(self.predict_in_steps(request, context))

    def predict_in_steps(
        self, request: predict_pb2.PredictRequest, context: Any
    ) -> Steps[predict_pb2.PredictResponse]:
        """As `Predict`.

        Raises:
            MustWaitError: The context is `at_once`, and the answer may take long.
        """
        predict = functools.partial(
            self._inference.predict_in_steps, at_once=getattr(context, "at_once", False)
        )
        return self._infer("Predict", predict, request, context)

    def Classify(  # noqa: N802 - the protocol's name
        self, request: classification_pb2.ClassificationRequest, context: grpc.ServicerContext
    ) -> classification_pb2.ClassificationResponse:
        """Classifies tf.Examples."""
        classify = in_one_step(self._inference.classify)
        return finish(self._infer("Classify", classify, request, context))

    def Regress(  # noqa: N802 - the protocol's name
        self, request: regression_pb2.RegressionRequest, context: grpc.ServicerContext
    ) -> regression_pb2.RegressionResponse:
        """Gives one number for each tf.Example."""
        regress = in_one_step(self._inference.regress)
        return finish(self._infer("Regress", regress, request, context))

    def MultiInference(  # noqa: N802 - the protocol's name
        self, request: inference_pb2.MultiInferenceRequest, context: grpc.ServicerContext
    ) -> inference_pb2.MultiInferenceResponse:
        """Classifies and regresses the same tf.Examples."""
        # The first task says which version answers all of them.
        spec = request.tasks[0].model_spec if request.tasks else model_pb2.ModelSpec()
        with StatusOfFailure(context):
            with _lease(self._service, spec) as lease:
                response = self._inference.multi_inference(lease, request, time_left(context))
            self._log("multi_inference", lease, spec, request, response)
            return response

    def GetModelMetadata(  # noqa: N802 - the protocol's name
        self,
        request: get_model_metadata_pb2.GetModelMetadataRequest,
        context: grpc.ServicerContext,
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Describes the signatures of a version."""
        with StatusOfFailure(context):
            return self._metadata(request)

    def _infer(
        self,
        api: str,
        call: Callable[[InUse, Any, float | None], Steps[AnswerT]],
        request: Any,
        context: grpc.ServicerContext,
    ) -> Steps[AnswerT]:
        with StatusOfFailure(context):
            name = request.model_spec.name
            with self._metrics.request(name, api, "GRPC") as notes, self._lease(request) as lease:
                note(notes, lease, request.model_spec.signature_name or DEFAULT_SIGNATURE)
                response = yield from call(lease, request, time_left(context))
            self._log(api.lower(), lease, request.model_spec, request, response)
            return response

    def _log(self, call: str, lease: InUse, spec: Any, request: Any, response: Any) -> None:
        log = self._request_logs and self._request_logs.sample(spec.name)
        if log:
            signature = spec.signature_name or DEFAULT_SIGNATURE
            size = request.ByteSize() + response.ByteSize()
            log.offer(Exchange(call, spec.name, lease.version, signature, request, response, size))

    def _lease(self, request: Any) -> Lease[Servable]:
        _check_has_spec(request)
        return _lease(self._service, request.model_spec)

    def _metadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        _check_has_spec(request)
        if not request.metadata_field:
            raise InvalidArgumentError(
                "GetModelMetadataRequest must specify at least one metadata_field"
            )
        for field in request.metadata_field:
            if field != _SIGNATURE_FIELD:
                raise InvalidArgumentError(f"Metadata field {field} is not supported")
        signatures = get_model_metadata_pb2.SignatureDefMap()
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        with self._lease(request) as lease:
            for name, definition in lease.servable.signature_defs.items():
                signatures.signature_def[name].CopyFrom(definition)
            response.model_spec.name = request.model_spec.name
            response.model_spec.version.value = lease.version
        response.metadata[_SIGNATURE_FIELD].Pack(signatures)
        return response


class ModelManagementService(model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus and HandleReloadConfigRequest."""

    def __init__(
        self, service: ModelService, catalog: ModelCatalog, metrics: ServerMetrics
    ) -> None:
        self._service = service
        self._catalog = catalog
        self._metrics = metrics

    def GetModelStatus(  # noqa: N802 - the protocol's name
        self, request: get_model_status_pb2.GetModelStatusRequest, context: grpc.ServicerContext
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """Lists the versions of a model with their states."""
        with StatusOfFailure(context):
            return self._status(request)

    def HandleReloadConfigRequest(  # noqa: N802 - the protocol's name
        self, request: model_management_pb2.ReloadConfigRequest, context: grpc.ServicerContext
    ) -> model_management_pb2.ReloadConfigResponse:
        """Makes another model config the valid one; waits until its new models are loaded."""
        with StatusOfFailure(context):
            return self._reload(request, time_left(context))

    def _status(
        self, request: get_model_status_pb2.GetModelStatusRequest
    ) -> get_model_status_pb2.GetModelStatusResponse:
        _check_has_spec(request)
        response = get_model_status_pb2.GetModelStatusResponse()
        for status in self._service.statuses(request.model_spec.name, _version(request.model_spec)):
            entry = response.model_version_status.add(
                version=status.version, state=status.state.value
            )
            entry.status.error_code = status.error.code.number if status.error else Code.OK.number
            entry.status.error_message = status.error.message if status.error else ""
        return response

    def _reload(
        self, request: model_management_pb2.ReloadConfigRequest, timeout_s: float | None
    ) -> model_management_pb2.ReloadConfigResponse:
        if request.config.WhichOneof("config") != "model_config_list":
            raise InvalidArgumentError(
                "ServerModelConfig type not supported by HandleReloadConfigRequest."
                " Only ModelConfigList is currently supported"
            )
        names = dict.fromkeys(request.metric_names)
        before = {name: self._metrics.value_of(name) for name in names}
        self._catalog.configure(request.config, timeout_s)
        response = model_management_pb2.ReloadConfigResponse()
        response.status.SetInParent()
        for name, value in before.items():
            increase = self._metrics.value_of(name) - value
            response.metric.add(name=name, int64_value_increase=increase)
        return response


def add_services(
    server: grpc.Server,
    service: ModelService,
    catalog: ModelCatalog,
    inference: Inference,
    metrics: ServerMetrics,
    request_logs: RequestLogs | None = None,
) -> InlineMethod:
    """Registers all services on a gRPC server; returns what may be answered inline.

    That is what is called most, and often takes less than it takes to hand it to a thread.
    """
    predictions = PredictionService(service, inference, metrics, request_logs)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(predictions, server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(
        ModelManagementService(service, catalog, metrics), server
    )
    return InlineMethod(
        _PREDICT,
        predictions.predict_in_steps,
        predict_pb2.PredictRequest.FromString,
        predict_pb2.PredictResponse.SerializeToString,
        _signature_called,
    )


def time_left(context: grpc.ServicerContext) -> float | None:
    """Returns the seconds until a call's deadline; None where it has none."""
    left = context.time_remaining()
    return None if left is None or left > _FOR_EVER_S else left


def _lease(service: ModelService, spec: model_pb2.ModelSpec) -> Lease[Servable]:
    if not spec.name:
        raise InvalidArgumentError("ModelSpec has no name specified.")
    label = spec.version_label if spec.HasField("version_label") else None
    return service.lease(spec.name, _version(spec), label)


def _check_has_spec(request: Any) -> None:
    if not request.HasField("model_spec"):
        raise InvalidArgumentError("Missing ModelSpec")


def _signature_called(request: predict_pb2.PredictRequest) -> tuple[str, str]:
    return request.model_spec.name, request.model_spec.signature_name


def _version(spec: model_pb2.ModelSpec) -> int | None:
    return int(spec.version.value) if spec.HasField("version") else None
