"""A real server asked by the official stubs."""

import os

import grpc
import pytest

EXAMPLES = [{"x": 0.25}, {"x": 1.0}, {}]


@pytest.mark.conformance("grpc.typed_fields", "grpc.response_spec", "grpc.output_filter")
def test_official_stubs_predict(channel):
    from tensorflow import make_ndarray, make_tensor_proto
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    request.inputs["x"].CopyFrom(make_tensor_proto([3.0, 5.0], dtype="float32"))
    response = stub.Predict(request, timeout=30)
    assert response.model_spec.name == "m"
    assert response.model_spec.version.value == 7
    assert response.model_spec.signature_name == "serving_default"
    assert list(response.outputs["y"].float_val) == [1.5, 2.5]
    assert make_ndarray(response.outputs["y"]).shape == (2,)

    request.model_spec.signature_name = "serving_rows"
    request.model_spec.version.value = 7
    request.output_filter.append("text_bytes")
    del request.inputs["x"]
    request.inputs["amount"].CopyFrom(make_tensor_proto([1.0, 2.0], dtype="float32"))
    request.inputs["count"].CopyFrom(make_tensor_proto([[1], [2]], dtype="int64"))
    request.inputs["text"].CopyFrom(make_tensor_proto([b"a", b"\xff"]))
    response = stub.Predict(request, timeout=30)
    assert list(response.outputs) == ["text_bytes"]
    assert list(response.outputs["text_bytes"].string_val) == [b"a", b"\xff"]


def test_official_stubs_predict_a_single_text(channel):
    from tensorflow import make_ndarray, make_tensor_proto
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    request.model_spec.signature_name = "joined"
    request.inputs["text"].CopyFrom(make_tensor_proto([b"a", b"\xff"]))
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    joined = make_ndarray(stub.Predict(request, timeout=30).outputs["joined"])
    assert (joined.shape, joined.item()) == ((), b"a\xff")


def _nameless(request):
    request.model_spec.name = ""


def _other_model(request):
    request.model_spec.name = "other"


def _other_version(request):
    request.model_spec.version.value = 8


def _other_signature(request):
    request.model_spec.signature_name = "nope"


def _doubles(request):
    request.inputs["x"].dtype = 2
    request.inputs["x"].double_val.append(1)
    del request.inputs["x"].float_val[:]


def _torn(request):
    request.inputs["x"].tensor_content = b"123"


def _one_more(request):
    request.inputs["z"].CopyFrom(request.inputs["x"])


def _other_input(request):
    request.inputs["z"].CopyFrom(request.inputs["x"])
    del request.inputs["x"]


def _label(request):
    request.model_spec.version_label = "canary"


@pytest.mark.conformance(
    "grpc.model_spec", "grpc.signature", "grpc.tensor", "grpc.dtype", "grpc.input_names"
)
@pytest.mark.parametrize(
    ("spoil", "code", "text"),
    [
        (lambda request: request.ClearField("model_spec"), "INVALID_ARGUMENT", "Missing ModelSpec"),
        (_nameless, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        (_other_model, "NOT_FOUND", "Servable not found for request: Latest(other)"),
        (_other_version, "NOT_FOUND", "Servable not found for request: Specific(m, 8)"),
        (_label, "INVALID_ARGUMENT", "Unrecognized servable version label: canary"),
        (_other_signature, "FAILED_PRECONDITION", 'Serving signature key "nope" not found.'),
        (lambda request: request.inputs.clear(), "INVALID_ARGUMENT", "input size does not match"),
        (_one_more, "INVALID_ARGUMENT", "Sent extra: {z}. Missing but required: {}."),
        (_other_input, "INVALID_ARGUMENT", "Signature input alias: x(feed name: "),
        (_doubles, "INVALID_ARGUMENT", "Expects arg[0] to be float but double is provided"),
        (_torn, "INVALID_ARGUMENT", "tensor parsing error: x"),
    ],
)
def test_official_stubs_errors(channel, spoil, code, text):
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    tensor = request.inputs["x"]
    tensor.dtype = 1
    tensor.tensor_shape.dim.add(size=1)
    tensor.float_val.append(1)
    spoil(request)
    with pytest.raises(grpc.RpcError) as caught:
        prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=30)
    assert caught.value.code().name == code
    assert text in caught.value.details()


@pytest.mark.conformance("grpc.metadata", "grpc.status")
def test_official_stubs_metadata_and_status(channel):
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        get_model_status_pb2,
        model_service_pb2_grpc,
        prediction_service_pb2_grpc,
    )

    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "m"
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    response = stub.GetModelMetadata(request, timeout=30)
    assert response.metadata["signature_def"].Unpack(signatures)
    assert set(signatures.signature_def["serving_rows"].inputs) == {"amount", "count", "text"}
    request.metadata_field[:] = ["colour"]
    with pytest.raises(grpc.RpcError, match="Metadata field colour is not supported"):
        stub.GetModelMetadata(request, timeout=30)

    status = get_model_status_pb2.GetModelStatusRequest()
    status.model_spec.name = "m"
    answer = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(status, timeout=30)
    (version,) = answer.model_version_status
    assert (version.version, version.state) == (7, version.AVAILABLE)


def fill_examples(target, context=None):
    from google.protobuf import json_format

    def fill(example, values):
        features = {k: {"floatList": {"value": [v]}} for k, v in values.items()}
        json_format.ParseDict({"features": {"feature": features}}, example)

    examples = target.example_list if context is None else target.example_list_with_context
    if context is not None:
        fill(target.example_list_with_context.context, context)
    for values in EXAMPLES:
        fill(examples.examples.add(), values)


@pytest.mark.conformance("grpc.classify", "grpc.regress", "grpc.context", "grpc.response_spec")
def test_official_stubs_classify_and_regress(channel):
    from tensorflow_serving.apis import (
        classification_pb2,
        prediction_service_pb2_grpc,
        regression_pb2,
    )

    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name = "m"
    request.model_spec.signature_name = "classify"
    fill_examples(request.input)
    response = stub.Classify(request, timeout=30)
    first = response.result.classifications[0].classes
    assert [(c.label, c.score) for c in first] == [("yes", 0.25), ("no", 0.75)]
    spec = response.model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == ("m", 7, "classify")

    request = regression_pb2.RegressionRequest()
    request.model_spec.name = "m"
    request.model_spec.signature_name = "regress"
    fill_examples(request.input, context={"x": 3.0})
    response = stub.Regress(request, timeout=30)
    assert [r.value for r in response.result.regressions] == [0.5, 2.0, 6.0]
    request.ClearField("input")
    with pytest.raises(grpc.RpcError, match="Input is empty"):
        stub.Regress(request, timeout=30)


def add_task(request, signature, method):
    task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
    task.model_spec.name = "m"
    task.model_spec.signature_name = signature
    return task


@pytest.mark.conformance("grpc.multi_inference")
def test_official_stubs_multi_inference(channel):
    from tensorflow_serving.apis import inference_pb2, prediction_service_pb2_grpc

    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    request = inference_pb2.MultiInferenceRequest()
    fill_examples(request.input)
    add_task(request, "regress", "regress")
    add_task(request, "classify", "classify")
    regressed, classified = stub.MultiInference(request, timeout=30).results
    assert [r.value for r in regressed.regression_result.regressions] == [0.5, 2.0, 0.0]
    assert classified.classification_result.classifications[1].classes[0].score == 1.0
    assert classified.model_spec.signature_name == "classify"


@pytest.mark.conformance("grpc.multi_inference_errors")
@pytest.mark.parametrize(
    ("tasks", "code", "text"),
    [
        ([], "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        ([("regress", "regress")] * 2, "INVALID_ARGUMENT", "Duplicate evaluation of signature: re"),
        ([("q", "regress")], "INVALID_ARGUMENT", "signature not found in model graph: q"),
        ([("regress", "predict")], "UNIMPLEMENTED", "Unsupported signature method_name: tensor"),
        ([("classify", "regress")], "INVALID_ARGUMENT", "Expected one output Tensor."),
    ],
)
def test_official_stubs_multi_inference_errors(channel, tasks, code, text):
    from tensorflow_serving.apis import inference_pb2, prediction_service_pb2_grpc

    request = inference_pb2.MultiInferenceRequest()
    fill_examples(request.input)
    for task in tasks:
        add_task(request, *task)
    with pytest.raises(grpc.RpcError) as caught:
        prediction_service_pb2_grpc.PredictionServiceStub(channel).MultiInference(request)
    assert (caught.value.code().name, text in caught.value.details()) == (code, True)


@pytest.mark.conformance("grpc.multi_inference_errors")
def test_tasks_of_different_models_are_refused(channel):
    from tensorflow_serving.apis import inference_pb2, prediction_service_pb2_grpc

    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    request = inference_pb2.MultiInferenceRequest()
    add_task(request, "regress", "regress")
    other = add_task(request, "classify", "classify")
    for name, text in [("n", "must access the same model name"), ("", "with an empty model name")]:
        other.model_spec.name = name
        with pytest.raises(grpc.RpcError, match=text):
            stub.MultiInference(request, timeout=30)


@pytest.mark.conformance("grpc.deadline")
def test_a_run_that_nobody_waits_for_any_more_ends(channel):
    from tensorflow import make_tensor_proto
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    request.model_spec.signature_name = "slow"
    # Runs that are over at once tell nothing of those to come.
    request.inputs["turns"].CopyFrom(make_tensor_proto([1], dtype="int32"))
    for _ in range(30):
        stub.Predict(request, timeout=30)
    request.inputs["turns"].CopyFrom(make_tensor_proto([2_000_000_000], dtype="int32"))
    # Each would take an hour, and there is one more of them than the server has threads.
    threads = 4 * (os.cpu_count() or 1)
    for call in [stub.Predict.future(request, timeout=0.2) for _ in range(threads + 1)]:
        assert call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    request.inputs["turns"].CopyFrom(make_tensor_proto([1], dtype="int32"))
    assert stub.Predict(request, timeout=30).outputs["turned"].int_val[0] == 1


@pytest.mark.conformance("grpc.services")
@pytest.mark.parametrize("call", ["SessionService/SessionRun", "PredictionService/PredictStreamed"])
def test_calls_that_are_not_offered_are_unimplemented(channel, call):
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(f"/tensorflow.serving.{call}")(b"", timeout=30)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
