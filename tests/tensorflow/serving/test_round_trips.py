"""What goes into a TensorProto comes out of it, between this server, this client and TensorFlow."""

import pytest
import tensorflow as tf
from any_arrays import COMPLEX, REAL, arrays_of, check_same, few_examples
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.framework import tensor_pb2

from serving.client.messages import message_class
from serving.client.tensor_format import fill_tensor, tensor_to_list
from serving.server.tensor_proto import fill_proto, to_array

ALL = [*REAL, *COMPLEX, "bfloat16", "string"]
WITHOUT_BFLOAT16 = [*REAL, *COMPLEX, "string"]


def written(array, *, as_content):
    """The message of an answer, as the server writes it."""
    proto = tensor_pb2.TensorProto()
    fill_proto(proto, array, as_content=as_content)
    return proto.SerializeToString()


def read(message):
    """The array of a request, as the server reads it."""
    return to_array("x", tensor_pb2.TensorProto.FromString(message))


@pytest.mark.conformance("grpc.round_trip")
@pytest.mark.parametrize("dtype", ALL)
@few_examples
@given(data=st.data(), as_content=st.booleans())
def test_the_server_reads_what_it_writes(dtype, data, as_content):
    array = data.draw(arrays_of(dtype))
    check_same(read(written(array, as_content=as_content)), array)


@pytest.mark.conformance("grpc.round_trip")
@pytest.mark.parametrize("dtype", ALL)
@few_examples
@given(data=st.data(), as_content=st.booleans())
def test_the_server_and_tensorflow_understand_each_other(dtype, data, as_content):
    array = data.draw(arrays_of(dtype))
    message = written(array, as_content=as_content)
    check_same(tf.make_ndarray(tensor_pb2.TensorProto.FromString(message)), array)
    check_same(read(tf.make_tensor_proto(array, dtype).SerializeToString()), array)


@pytest.mark.parametrize("dtype", WITHOUT_BFLOAT16)
@few_examples
@given(data=st.data())
def test_the_server_reads_what_the_client_writes(dtype, data):
    array = data.draw(arrays_of(dtype))
    tensor = message_class("TensorProto")()
    fill_tensor(tensor, array, dtype)
    check_same(read(tensor.SerializeToString()), array)


@pytest.mark.parametrize("dtype", [*REAL, "string"])
@few_examples
@given(data=st.data(), as_content=st.booleans())
def test_the_client_reads_what_the_server_writes(dtype, data, as_content):
    array = data.draw(arrays_of(dtype, least_rank=1))
    message = written(array, as_content=as_content)
    tensor = message_class("TensorProto").FromString(message)
    found = tensor_to_list("y_bytes", tensor, rows=len(array))
    # As texts: NaN is nothing's equal.
    assert repr(found) == repr(array.tolist())


@few_examples
@given(arrays_of("string", st.text().map(str.encode), least_rank=1))
def test_the_client_reads_texts_that_the_server_writes(array):
    tensor = message_class("TensorProto").FromString(written(array, as_content=False))
    found = tensor_to_list("y", tensor, rows=len(array))
    assert repr(found) == repr(decoded(array.tolist()))


def decoded(value):
    return [decoded(item) for item in value] if isinstance(value, list) else value.decode()
