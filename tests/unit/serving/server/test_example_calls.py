import numpy as np
import pytest

from serving.errors import InvalidArgumentError
from serving.server.example_calls import ExampleCalls, to_classes, to_regressions
from serving.signature import Signature, TensorSpec

EXAMPLES = np.array([b"a", b"b"], dtype=object)
LABELS = np.array([[b"x", b"y"], [b"x", b"y"]], dtype=object)
SCORES = np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)


class FakeServable:
    def __init__(self, outputs, inputs=("inputs",), method_name="tensorflow/serving/classify"):
        self.outputs = outputs
        specs = [{alias: TensorSpec(alias, "string") for alias in names} for names in (inputs,)]
        results = {alias: TensorSpec(alias, "float") for alias in outputs}
        self.signatures = {
            "serving_default": Signature("serving_default", specs[0], results, method_name)
        }
        self.signature_defs = {"serving_default": "the definition"}

    def run(self, _signature, inputs, timeout_s=None):
        assert (list(inputs), timeout_s) == (["inputs"], None)
        return self.outputs


@pytest.mark.parametrize(
    ("outputs", "labels", "scores"),
    [
        ({"classes": LABELS, "scores": SCORES}, LABELS, SCORES),
        ({"classes": LABELS}, LABELS, np.zeros((2, 2))),
        ({"scores": SCORES}, np.full((2, 2), b"", dtype=object), SCORES),
        ({"scores": SCORES, "more": SCORES}, np.full((2, 2), b"", dtype=object), SCORES),
    ],
)
def test_classes_and_scores_stand_in_for_one_another(outputs, labels, scores):
    classes = ExampleCalls().classify(FakeServable(outputs), "", EXAMPLES)
    np.testing.assert_array_equal(classes.labels, labels)
    np.testing.assert_array_equal(classes.scores, scores)


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_regressions_are_one_number_each(shape):
    servable = FakeServable({"outputs": np.array([1, 2], np.float32).reshape(shape)})
    assert ExampleCalls().regress(servable, "", EXAMPLES).tolist() == [1, 2]


@pytest.mark.conformance("grpc.signature_form", "grpc.empty_input", "grpc.examples_signature")
@pytest.mark.parametrize(
    ("call", "servable", "name", "text"),
    [
        ("classify", FakeServable({"scores": SCORES}), "q", "No signature was found with the n"),
        ("regress", FakeServable({"outputs": SCORES}), "q", "No signature was found with the na"),
        ("classify", FakeServable({"scores": 1}, ["a", "b"]), "", "Expected one input Tensor."),
        ("regress", FakeServable({"outputs": 1}, ["a", "b"]), "", "Expected one input Tensor."),
        ("classify", FakeServable({}), "", "Expected one or two output Tensors, found 0"),
        ("regress", FakeServable({"a": 1, "b": 1}), "", "Expected one output Tensor."),
        ("classify", FakeServable({"scores": 1}, ["a"]), "", "No classification inputs found in"),
        ("regress", FakeServable({"outputs": 1}, ["a"]), "", "No regression inputs found in Sig"),
        ("classify", FakeServable({"a": 1}), "", 'at least one of "classes" or "scores". Signat'),
        ("regress", FakeServable({"a": 1}), "", "No regression outputs found in SignatureDef: the"),
    ],
)
def test_a_signature_of_another_form_is_refused(call, servable, name, text):
    with pytest.raises(InvalidArgumentError) as caught:
        getattr(ExampleCalls(), call)(servable, name, EXAMPLES)
    assert text in caught.value.message


@pytest.mark.conformance("grpc.empty_input")
def test_an_input_without_examples_is_refused():
    with pytest.raises(InvalidArgumentError, match=r"Input is empty\."):
        ExampleCalls().classify(FakeServable({"scores": SCORES}), "", EXAMPLES[:0])


@pytest.mark.conformance("cli.enable_signature_method_name_check")
def test_the_method_name_counts_only_where_it_is_checked():
    servable = FakeServable({"scores": SCORES}, method_name="tensorflow/serving/predict")
    ExampleCalls().classify(servable, "", EXAMPLES)
    with pytest.raises(InvalidArgumentError, match="Expected classification signature method_na"):
        ExampleCalls(check_method_names=True).classify(servable, "", EXAMPLES)


@pytest.mark.conformance("grpc.examples_output")
@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({"scores": SCORES[0]}, "Expected Tensor shape: [batch_size num_classes] but got [2]"),
        ({"classes": LABELS[0]}, "Expected Tensor shape: [batch_size num_classes] but got [2]"),
        ({"classes": SCORES}, "Expected classes Tensor of DT_STRING. Got: DT_FLOAT"),
        ({"scores": SCORES.astype(float)}, "Expected scores Tensor of DT_FLOAT. Got: DT_DOUBLE"),
        ({"scores": SCORES[:1]}, "Expected scores output batch size of 2. Got: 1"),
        ({"scores": SCORES[:, :1], "classes": LABELS}, "match in dim_size(1). Got 2 vs. 1"),
    ],
)
def test_classes_of_another_form_are_refused(outputs, text):
    with pytest.raises(InvalidArgumentError) as caught:
        to_classes(outputs, 2)
    assert text in caught.value.message


@pytest.mark.conformance("grpc.examples_output")
@pytest.mark.parametrize(
    ("output", "text"),
    [
        (SCORES, "to be either [batch_size] or [batch_size, 1] but got [2,2]"),
        (SCORES[:1, :1], "Input batch size did not match output batch size: 2 vs. 1"),
        (np.array([1, 2]), "Expected output Tensor of DT_FLOAT.  Got: DT_INT64"),
    ],
)
def test_regressions_of_another_form_are_refused(output, text):
    with pytest.raises(InvalidArgumentError) as caught:
        to_regressions(output, 2)
    assert text in caught.value.message
