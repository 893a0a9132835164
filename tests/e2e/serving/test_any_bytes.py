"""Whatever comes in over gRPC is answered, and the server goes on."""

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorflow_serving.apis import predict_pb2

PREDICT = "/tensorflow.serving.PredictionService/Predict"
QUICKLY = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def send(channel, payload):
    """Sends bytes as they are; returns the status, None for an answer."""
    try:
        channel.unary_unary(PREDICT)(payload, timeout=30)
    except grpc.RpcError as error:
        return error.code()
    return None


@pytest.mark.conformance("better.any_bytes")
@QUICKLY
@given(st.binary(max_size=100))
def test_bytes_that_are_no_request_are_refused(channel, payload):
    assert send(channel, payload) is not grpc.StatusCode.DEADLINE_EXCEEDED


sizes = st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 4) | st.sampled_from([2**29, 2**40])


@st.composite
def tensors(draw):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    request.model_spec.signature_name = draw(st.sampled_from(["", "length", "checked"]))
    tensor = request.inputs[draw(st.sampled_from(["x", "examples", "i"]))]
    tensor.dtype = draw(st.integers(0, 24) | st.sampled_from([1, 7, 9]))
    for size in draw(st.lists(sizes, max_size=3)):
        tensor.tensor_shape.dim.add(size=size)
    tensor.tensor_shape.unknown_rank = draw(st.booleans())
    tensor.tensor_content = draw(st.just(b"") | st.binary(max_size=16))
    tensor.float_val.extend(draw(st.lists(st.floats(width=32), max_size=3)))
    tensor.int64_val.extend(draw(st.lists(st.integers(-9, 9), max_size=3)))
    tensor.string_val.extend(draw(st.lists(st.binary(max_size=3), max_size=3)))
    return request.SerializeToString()


@pytest.mark.conformance("better.any_bytes", "grpc.tensor")
@QUICKLY
@given(tensors())
def test_tensors_that_make_no_sense_are_the_clients_fault(channel, payload):
    assert send(channel, payload) in (
        None,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.FAILED_PRECONDITION,
    )
