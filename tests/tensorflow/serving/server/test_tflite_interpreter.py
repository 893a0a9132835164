import numpy as np
import pytest
import tflite_models
from tensorflow.lite.python.schema_py_generated import TensorType

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.tflite_interpreter import TfliteInterpreter

pytestmark = pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")


def double(interpreter, array):
    return interpreter.run({"x:0": np.asarray(array, np.float32)}, ["y:0"])[0].tolist()


@pytest.mark.conformance("tflite.shapes")
def test_inputs_may_have_any_shape_with_which_the_model_works():
    interpreter = TfliteInterpreter(tflite_models.doubling())
    for array in ([1.0], [1.0, 2.0], [3.0, 4.0], [[5.0], [6.0]], [], 7.0, [1.0]):
        assert double(interpreter, array) == (np.asarray(array) * 2).tolist()


@pytest.mark.conformance("tflite.errors")
def test_shapes_that_do_not_fit_one_another_fail_and_the_next_call_works():
    interpreter = TfliteInterpreter(tflite_models.doubling(inputs=("a", "b"), output="y"))

    def add(a, b):
        arrays = {"a": np.asarray(a, np.float32), "b": np.asarray(b, np.float32)}
        return interpreter.run(arrays, ["y"])[0].tolist()

    assert add([1, 2], [3, 4]) == [4, 6]
    for _ in range(2):
        with pytest.raises(ServingError, match="Failed to allocate tensors") as failed:
            add([1, 2], [3, 4, 5])
        assert failed.value.code is Code.INTERNAL
    assert add([1, 2], [3, 4]) == [4, 6]


@pytest.mark.conformance("tflite.errors")
def test_a_type_that_does_not_fit_is_refused_and_the_next_call_works():
    interpreter = TfliteInterpreter(tflite_models.doubling())
    with pytest.raises(InvalidArgumentError, match="INT32 but expected type FLOAT32"):
        interpreter.run({"x:0": np.array([1], np.int32)}, ["y:0"])
    assert double(interpreter, [1.0]) == [2.0]


def test_a_tensor_of_more_elements_than_can_be_is_refused():
    interpreter = TfliteInterpreter(tflite_models.doubling())
    with pytest.raises(ServingError, match="Failed to allocate tensors"):
        interpreter.run({"x:0": np.empty((2**31, 0), np.float32)}, ["y:0"])


@pytest.mark.conformance("tflite.broken")
@pytest.mark.parametrize("content", [b"", b"garbage", tflite_models.doubling()[:100]])
def test_what_is_no_model_is_refused(content):
    with pytest.raises(InvalidArgumentError, match="Cannot build FlatBufferModel from buffer: "):
        TfliteInterpreter(content)


@pytest.mark.conformance("tflite.parse_example", "tflite.broken")
def test_a_model_with_an_operation_that_is_not_there_is_refused():
    with pytest.raises(ServingError, match=r"(?s)Failed to allocate tensors.*ParseExample"):
        TfliteInterpreter(tflite_models.doubling(custom="ParseExample"))


@pytest.mark.conformance("tflite.errors")
def test_a_model_that_fails_says_so():
    # Addition finds out about texts only when it is called.
    interpreter = TfliteInterpreter(tflite_models.doubling(dtype=TensorType.STRING))
    with pytest.raises(ServingError, match="Failed to invoke TfLite interpreter") as failed:
        interpreter.run({"x:0": np.array([b"a"], object)}, ["y:0"])
    assert failed.value.code is Code.INTERNAL


@pytest.mark.conformance("tflite.types")
@pytest.mark.parametrize(
    ("number", "name"),
    [(TensorType.INT64, "int64"), (TensorType.INT32, "int32"), (TensorType.FLOAT32, "float")],
)
def test_types_have_tensorflows_names(number, name):
    interpreter = TfliteInterpreter(tflite_models.doubling(dtype=number))
    assert [tensor.dtype for tensor in interpreter.inputs.values()] == [name]


@pytest.mark.conformance("tflite.types", "tflite.broken")
def test_a_type_that_tensorflow_serving_does_not_know_is_refused():
    with pytest.raises(ServingError, match="Unknown TfLite type: double"):
        TfliteInterpreter(tflite_models.doubling(dtype=TensorType.FLOAT64))
    with pytest.raises(ServingError, match="Input tensor name: x has multiple indices") as refused:
        TfliteInterpreter(tflite_models.doubling(inputs=("x", "x")))
    assert refused.value.code is Code.ALREADY_EXISTS
