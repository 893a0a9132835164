import pytest
import tflite_models

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.tflite_interpreter import TfliteInterpreter
from serving.server.tflite_signatures import TfliteTensor, find_signatures

FLOAT = 1

pytestmark = pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")


def find(content):
    interpreter = TfliteInterpreter(content)
    return find_signatures(content, interpreter.inputs, interpreter.outputs)


@pytest.mark.conformance("tflite.signatures")
def test_signatures_stand_in_the_models_metadata():
    stored = {
        "serving_default": tflite_models.signature(
            "predict", {"in": ("x:0", FLOAT)}, {"out": ("y:0", FLOAT)}
        ),
        "other": tflite_models.signature(
            "regress", {"inputs": ("x:0", FLOAT)}, {"outputs": ("y:0", FLOAT)}
        ),
    }
    # A size of -1 makes bytes that are no text.
    with pytest.raises(UnicodeDecodeError):
        stored["other"].SerializeToString().decode()
    assert find(tflite_models.with_signatures(tflite_models.doubling(), stored)) == stored


@pytest.mark.conformance("tflite.signatures")
def test_tensor_names_may_have_lost_what_follows_the_colon():
    stored = tflite_models.signature("predict", {"in": ("x:0", FLOAT)}, {"out": ("y:1", FLOAT)})
    content = tflite_models.doubling(inputs=("x",), output="y")
    found = find(tflite_models.with_signatures(content, {"a": stored}))
    assert found["a"].inputs["in"].name == "x"
    assert found["a"].outputs["out"].name == "y"


@pytest.mark.conformance("tflite.signatures")
@pytest.mark.parametrize(
    ("inputs", "outputs", "text"),
    [
        ({"in": ("z:0", FLOAT)}, {}, "Unknown tensor 'z:0'.\n\tSignature input in references"),
        # An input is no output.
        ({}, {"out": ("x:0", FLOAT)}, "Unknown tensor 'x:0'.\n\tSignature output out references"),
    ],
)
def test_a_signature_of_other_tensors_is_refused(inputs, outputs, text):
    stored = tflite_models.signature("predict", inputs, outputs)
    with pytest.raises(ServingError) as refused:
        find(tflite_models.with_signatures(tflite_models.doubling(), {"a": stored}))
    assert refused.value.code is Code.INTERNAL
    assert refused.value.message == f"{text} an unknown tensor"


@pytest.mark.conformance("tflite.signatures")
@pytest.mark.parametrize("entry", [b"", b"\0", b"no signatures", b"\xff" * 40])
def test_an_entry_that_is_something_else_is_refused(entry):
    with pytest.raises(InvalidArgumentError, match="Invalid SignatureDefs found in TfLite model: "):
        find(tflite_models.with_entry(tflite_models.doubling(), entry))


@pytest.mark.conformance("tflite.no_signatures")
@pytest.mark.parametrize(
    "add", [lambda model: model, lambda m: tflite_models.with_signatures(m, {})]
)
def test_without_signatures_there_is_one_of_all_tensors(add):
    found = find(add(tflite_models.doubling(inputs=("a:0", "b"), output="y", shape=(2, 3))))
    assert list(found) == ["serving_default"]
    definition = found["serving_default"]
    assert definition.method_name == "tensorflow/serving/predict"
    assert {alias: info.name for alias, info in definition.inputs.items()} == {"a": "a:0", "b": "b"}
    assert list(definition.outputs) == ["y"]
    info = definition.outputs["y"]
    assert info.dtype == FLOAT
    assert [dim.size for dim in info.tensor_shape.dim] == [2, 3]


@pytest.mark.conformance("tflite.no_signatures")
def test_of_tensors_with_one_name_up_to_the_colon_the_last_stays():
    tensors = {name: TfliteTensor(name, 0, "float", ()) for name in ("f:1", "f:0", "f:2")}
    found = find_signatures(tflite_models.doubling(), {}, tensors)["serving_default"]
    assert {alias: info.name for alias, info in found.outputs.items()} == {"f": "f:2"}
    assert found.outputs["f"].HasField("tensor_shape")
