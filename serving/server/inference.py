"""Answers the protocol's inference messages with a loaded version. Free of transports.

gRPC's service and the replay of warm-up files both come through here. Importing this module imports
TensorFlow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tensorflow_serving.apis import classification_pb2, inference_pb2, predict_pb2, regression_pb2

from serving.dtypes import dtype_name
from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.example_calls import ExampleCalls
from serving.server.example_messages import (
    fill_classes,
    fill_regressions,
    serialized_examples,
)
from serving.server.flags import DEFAULT_MOST_ELEMENTS
from serving.server.metrics import ServerMetrics
from serving.server.predict_checks import (
    check_input_types,
    check_method_name,
    complete_inputs,
    select_outputs,
)
from serving.server.steps import finish
from serving.server.tensor_proto import fill_proto, to_array
from serving.signature import CLASSIFY_METHOD, DEFAULT_SIGNATURE, REGRESS_METHOD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serving.server.model_service import InUse, Servable
    from serving.server.steps import Steps


@dataclass(frozen=True)
class Inference:
    """The inference calls.

    Attributes:
        check_method_names: Whether a signature must have been made for the call by its method name.
        as_tensor_content: Whether outputs of Predict are sent as `tensor_content`.
        most_elements: How many elements an input of Predict may have.
        metrics: Where it is noted how long models run.
    """

    check_method_names: bool = False
    as_tensor_content: bool = False
    most_elements: int = DEFAULT_MOST_ELEMENTS
    metrics: ServerMetrics = field(default_factory=ServerMetrics)

    def predict(
        self, model: InUse, request: predict_pb2.PredictRequest, timeout_s: float | None = None
    ) -> predict_pb2.PredictResponse:
        """Calls a signature.

        Raises:
            ServingError: The request does not fit the signature, or the model failed.
        """
        return finish(self.predict_in_steps(model, request, timeout_s))

    def predict_in_steps(
        self,
        model: InUse,
        request: predict_pb2.PredictRequest,
        timeout_s: float | None = None,
        *,
        at_once: bool = False,
    ) -> Steps[predict_pb2.PredictResponse]:
        """Calls a signature: reads the inputs, runs the model, and writes the answer.

        Raises:
            ServingError: The request does not fit the signature, or the model failed.
            MustWaitError: It was to be `at_once`, and may take longer than a few milliseconds.
        """
        name = request.model_spec.signature_name or DEFAULT_SIGNATURE
        signature = model.servable.signatures.get(name)
        if signature is None:
            raise ServingError.of(
                Code.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.'
            )
        if self.check_method_names:
            check_method_name(signature)
        sent = dict(request.inputs.items())
        inputs = complete_inputs(signature, sent)
        selected = select_outputs(signature, request.output_filter)
        types = {}
        for alias, proto in sent.items():
            inputs[alias] = to_array(alias, proto, self.most_elements)
            types[alias] = dtype_name(proto.dtype)
        check_input_types(signature, types)
        yield
        with self.metrics.runtime(request.model_spec.name, "Predict"):
            outputs = model.servable.run(signature, inputs, selected, timeout_s, at_once=at_once)
        yield
        response = predict_pb2.PredictResponse()
        _fill_spec(response.model_spec, request.model_spec, model.version)
        for alias, array in outputs.items():
            fill_proto(response.outputs[alias], array, as_content=self.as_tensor_content)
        return response

    def classify(
        self,
        model: InUse,
        request: classification_pb2.ClassificationRequest,
        timeout_s: float | None = None,
    ) -> classification_pb2.ClassificationResponse:
        """Classifies tf.Examples.

        Raises:
            ServingError: The signature is not one of classification, or the model failed.
        """
        response = classification_pb2.ClassificationResponse()
        _fill_spec(response.model_spec, request.model_spec, model.version)
        with self.metrics.runtime(request.model_spec.name, "Classify"):
            self._classify(model, request.model_spec, request.input, timeout_s, response.result)
        return response

    def regress(
        self,
        model: InUse,
        request: regression_pb2.RegressionRequest,
        timeout_s: float | None = None,
    ) -> regression_pb2.RegressionResponse:
        """Gives one number for each tf.Example.

        Raises:
            ServingError: The signature is not one of regression, or the model failed.
        """
        response = regression_pb2.RegressionResponse()
        _fill_spec(response.model_spec, request.model_spec, model.version)
        with self.metrics.runtime(request.model_spec.name, "Regress"):
            self._regress(model, request.model_spec, request.input, timeout_s, response.result)
        return response

    def multi_inference(
        self,
        model: InUse,
        request: inference_pb2.MultiInferenceRequest,
        timeout_s: float | None = None,
    ) -> inference_pb2.MultiInferenceResponse:
        """Classifies and regresses the same tf.Examples.

        Raises:
            ServingError: The tasks contradict one another, or one of them failed.
        """
        self._check_tasks(model.servable, request.tasks)
        response = inference_pb2.MultiInferenceResponse()
        for task in request.tasks:
            result = response.results.add()
            _fill_spec(result.model_spec, task.model_spec, model.version)
            arguments = (model, task.model_spec, request.input, timeout_s)
            if task.method_name == CLASSIFY_METHOD:
                self._classify(*arguments, result.classification_result)
            else:
                self._regress(*arguments, result.regression_result)
        if request.tasks:
            self._count_examples(request.tasks[0].model_spec.name, request.input)
        return response

    @property
    def _calls(self) -> ExampleCalls:
        return ExampleCalls(self.check_method_names)

    def _classify(
        self, model: InUse, spec: Any, sent: Any, timeout_s: float | None, result: Any
    ) -> None:
        examples = serialized_examples(sent)
        classes = self._calls.classify(model.servable, spec.signature_name, examples, timeout_s)
        fill_classes(result, classes)

    def _regress(
        self, model: InUse, spec: Any, sent: Any, timeout_s: float | None, result: Any
    ) -> None:
        examples = serialized_examples(sent)
        values = self._calls.regress(model.servable, spec.signature_name, examples, timeout_s)
        fill_regressions(result, values)

    def _count_examples(self, name: str, sent: Any) -> None:
        kind = sent.WhichOneof("kind")
        count = len(getattr(sent, kind).examples) if kind else 0
        self.metrics.example_counts.add(count, name)
        self.metrics.example_count_total.add(name, by=count)

    def _check_tasks(self, servable: Servable, tasks: Sequence[Any]) -> None:
        seen: set[str] = set()
        for task in tasks:
            if not task.model_spec.name:
                raise InvalidArgumentError("Found ModelSpec with an empty model name.")
            if task.model_spec.name != tasks[0].model_spec.name:
                raise InvalidArgumentError(
                    "All ModelSpecs in a MultiInferenceRequest must access the same model name."
                )
            name = task.model_spec.signature_name or DEFAULT_SIGNATURE
            if name in seen:
                raise InvalidArgumentError(f"Duplicate evaluation of signature: {name}")
            seen.add(name)
            self._check_task(servable, name, task.method_name)

    def _check_task(self, servable: Servable, name: str, method_name: str) -> None:
        signature = servable.signatures.get(name)
        if signature is None:
            raise InvalidArgumentError(f"Requested signature not found in model graph: {name}")
        if method_name == CLASSIFY_METHOD:
            self._calls.check_classify(servable, signature)
        elif method_name == REGRESS_METHOD:
            self._calls.check_regress(servable, signature)
        else:
            raise ServingError.of(
                Code.UNIMPLEMENTED, f"Unsupported signature method_name: {method_name}"
            )


def _fill_spec(spec: Any, asked: Any, version: int) -> None:
    spec.name = asked.name
    spec.version.value = version
    spec.signature_name = asked.signature_name or DEFAULT_SIGNATURE
