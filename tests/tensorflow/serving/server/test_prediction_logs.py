import numpy as np
import pytest
from tensorflow.core.example import example_pb2
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from serving.server.example_calls import Classes
from serving.server.prediction_logs import encode
from serving.server.request_log import Exchange
from serving.server.runtime import MakeNdarray


def example(**features):
    message = example_pb2.Example()
    for name, value in features.items():
        feature = message.features.feature[name]
        if isinstance(value, bytes):
            feature.bytes_list.value.append(value)
        elif isinstance(value, float):
            feature.float_list.value.append(value)
        else:
            feature.int64_list.value.extend(value)
    return message


def logged(call, request, response, *redacted):
    exchange = Exchange(call, "m", 7, "s", request, response, 0)
    log = prediction_log_pb2.PredictionLog.FromString(encode(exchange, 0.5, redacted))
    return log, getattr(log, f"{call}_log")


def texts(*values):
    return np.array(values, dtype=object)


def test_a_record_says_what_was_asked_of_which_version():
    log, entry = logged("predict", {"x": np.array([1.5])}, {"y": texts(b"a")})
    metadata = log.log_metadata
    assert (metadata.model_spec.name, metadata.model_spec.version.value) == ("m", 7)
    assert (metadata.model_spec.signature_name, metadata.sampling_config.sampling_rate) == (
        "s",
        0.5,
    )
    assert metadata.timestamp_secs > 0
    assert (entry.request.model_spec.signature_name, entry.response.model_spec.version.value) == (
        "s",
        7,
    )
    assert not entry.request.model_spec.HasField("version")
    assert MakeNdarray(entry.request.inputs["x"]).tolist() == [1.5]
    assert MakeNdarray(entry.response.outputs["y"]).tolist() == [b"a"]


def test_messages_are_logged_as_they_came():
    request = predict_pb2.PredictRequest(output_filter=["y"])
    _, entry = logged("predict", request, predict_pb2.PredictResponse())
    assert entry.request == request


def test_a_redacted_tensor_keeps_its_type_and_shape_but_no_value():
    arrays = {
        "name": texts(b"Ada", b"Bob"),
        "age": np.array([[36], [7]], np.int64),
        "kept": np.array([1.5, 2.5], np.float32),
    }
    _, entry = logged("predict", arrays, {"age": np.array([36.0, 7.0])}, "name", "age")
    inputs = {alias: MakeNdarray(proto) for alias, proto in entry.request.inputs.items()}
    assert inputs["name"].tolist() == [b"", b""]
    assert (inputs["age"].tolist(), inputs["age"].dtype) == ([[0], [0]], np.int64)
    assert inputs["kept"].tolist() == [1.5, 2.5]
    assert MakeNdarray(entry.response.outputs["age"]).tolist() == [0, 0]


def test_typed_fields_are_redacted_too():
    request = predict_pb2.PredictRequest()
    request.inputs["x"].float_val.extend([1, 2])
    request.inputs["flag"].bool_val.append(True)
    _, entry = logged("predict", request, predict_pb2.PredictResponse(), "x", "flag")
    assert list(entry.request.inputs["x"].float_val) == [0, 0]
    assert list(entry.request.inputs["flag"].bool_val) == [False]
    assert list(request.inputs["x"].float_val) == [1, 2]


def test_features_inside_of_serialized_examples_are_redacted():
    secret = example(name=b"Ada", age=[36, 37], kept=1.5)
    sequence = example_pb2.SequenceExample()
    sequence.context.CopyFrom(secret.features)
    steps = sequence.feature_lists.feature_list["name"].feature
    steps.add().bytes_list.value.append(b"Ada")
    other = example(kept=2.5).SerializeToString()
    sent = texts(secret.SerializeToString(), sequence.SerializeToString(), other, b"\xff Ada")
    _, entry = logged("predict", {"examples": sent}, {}, "name", "age")
    first, second, third, fourth = entry.request.inputs["examples"].string_val
    assert example_pb2.Example.FromString(first) == example(name=b"", age=[0, 0], kept=1.5)
    assert b"Ada" not in second
    assert (third, fourth) == (other, b"\xff Ada")


@pytest.mark.parametrize("call", ["classify", "regress"])
def test_features_of_examples_are_redacted(call):
    result = np.array([0.25], np.float32)
    response = Classes(texts(b"yes")[None], result[None]) if call == "classify" else result
    sent = texts(example(name=b"Ada", kept=1.5).SerializeToString())
    log, entry = logged(call, sent, response, "name")
    assert list(entry.request.input.example_list.examples) == [example(name=b"", kept=1.5)]
    assert b"Ada" not in log.SerializeToString()
    if call == "classify":
        assert entry.response.result.classifications[0].classes[0].label == "yes"
    else:
        assert entry.response.result.regressions[0].value == 0.25


def test_the_context_of_examples_is_redacted():
    from tensorflow_serving.apis import classification_pb2

    request = classification_pb2.ClassificationRequest()
    listed = request.input.example_list_with_context
    listed.context.CopyFrom(example(name=b"Ada"))
    listed.examples.add().CopyFrom(example(name=b"Bob"))
    _, entry = logged("classify", request, classification_pb2.ClassificationResponse(), "name")
    listed = entry.request.input.example_list_with_context
    assert (listed.context, listed.examples[0]) == (example(name=b""), example(name=b""))
