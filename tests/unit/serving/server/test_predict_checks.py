from dataclasses import replace

import pytest

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.predict_checks import (
    check_elements,
    check_input_types,
    check_method_name,
    complete_inputs,
    select_outputs,
)
from serving.signature import Signature, TensorSpec

SIGNATURE = Signature(
    "s",
    inputs={"a": TensorSpec("a", "float", tensor_name="a:0"), "b": TensorSpec("b", "string")},
    outputs={"y": TensorSpec("y", "float"), "z": TensorSpec("z", "float")},
)


def test_the_right_inputs_pass():
    assert complete_inputs(SIGNATURE, ["b", "a"]) == {}
    check_input_types(SIGNATURE, {"a": "float", "b": "string"})


@pytest.mark.conformance("grpc.input_names")
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
        complete_inputs(SIGNATURE, sent)
    assert text in caught.value.message


@pytest.mark.conformance("grpc.defaults")
def test_defaults_stand_in_for_what_is_left_out():
    signature = replace(SIGNATURE, defaults={"b": b"x"})
    assert complete_inputs(signature, ["a"]) == {"b": b"x"}
    check_input_types(signature, {"a": "float"})
    with pytest.raises(InvalidArgumentError, match="not found in request and no default value"):
        complete_inputs(signature, ["b"])
    with pytest.raises(InvalidArgumentError, match=r"Sent extra: \{c\}"):
        complete_inputs(signature, ["a", "c"])


@pytest.mark.conformance("cli.enable_signature_method_name_check")
def test_a_method_name_of_the_protocol_is_asked_for():
    check_method_name(SIGNATURE)
    with pytest.raises(ServingError, match="Expected prediction signature method_name") as caught:
        check_method_name(replace(SIGNATURE, method_name="other"))
    assert caught.value.code is Code.INTERNAL


@pytest.mark.conformance("grpc.dtype")
def test_another_type_is_refused():
    with pytest.raises(InvalidArgumentError, match=r"Expects arg\[0\] to be float but double is"):
        check_input_types(SIGNATURE, {"a": "double", "b": "string"})


def test_the_output_filter_selects():
    assert select_outputs(SIGNATURE, []) == ("y", "z")
    assert select_outputs(SIGNATURE, ["z"]) == ("z",)


@pytest.mark.conformance("grpc.output_filter")
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


@pytest.mark.conformance("better.limits")
def test_an_input_may_only_have_so_many_elements():
    check_elements("x", 4, 4)
    with pytest.raises(InvalidArgumentError, match=r"x: it has 5,000 elements, and .* at most 4 "):
        check_elements("x", 5000, 4)
