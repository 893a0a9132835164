import pytest

from serving.errors import InvalidArgumentError
from serving.server.predict_checks import check_input_names, check_input_types, select_outputs
from serving.signature import Signature, TensorSpec

SIGNATURE = Signature(
    "s",
    inputs={"a": TensorSpec("a", "float", tensor_name="a:0"), "b": TensorSpec("b", "string")},
    outputs={"y": TensorSpec("y", "float"), "z": TensorSpec("z", "float")},
)


def test_the_right_inputs_pass():
    check_input_names(SIGNATURE, ["b", "a"])
    check_input_types(SIGNATURE, {"a": "float", "b": "string"})


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (
            ["a"],
            (
                "input size does not match signature: 1!=2 len({a}) != len({a,b}). "
                "Sent extra: {}. Missing but required: {b}."
            ),
        ),
        (["a", "b", "c"], "Sent extra: {c}. Missing but required: {}."),
        (["b", "c"], "Signature input alias: a(feed name: a:0) not found in request"),
    ],
)
def test_other_inputs_are_refused(sent, text):
    with pytest.raises(InvalidArgumentError) as caught:
        check_input_names(SIGNATURE, sent)
    assert text in caught.value.message


def test_another_type_is_refused():
    with pytest.raises(InvalidArgumentError, match=r"Expects arg\[0\] to be float but double is"):
        check_input_types(SIGNATURE, {"a": "double", "b": "string"})


def test_the_output_filter_selects():
    assert select_outputs(SIGNATURE, []) == ("y", "z")
    assert select_outputs(SIGNATURE, ["z"]) == ("z",)


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        (["q"], "output tensor alias not found in signature: q Outputs expected to be in the set"),
        (["y", "y"], "duplicate output tensor alias: y"),
    ],
)
def test_a_wrong_output_filter_is_refused(chosen, text):
    with pytest.raises(InvalidArgumentError) as caught:
        select_outputs(SIGNATURE, chosen)
    assert text in caught.value.message
