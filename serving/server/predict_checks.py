"""Compares a gRPC predict request with the model's signature. Free of gRPC and TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from serving.signature import Signature


def check_input_names(signature: Signature, sent: Iterable[str]) -> None:
    """Checks that a request has exactly the signature's inputs.

    Raises:
        InvalidArgumentError: It has others, more or fewer.
    """
    names, wanted = set(sent), set(signature.inputs)
    if names == wanted:
        return
    extra, missing = sorted(names - wanted), sorted(wanted - names)
    difference = f"Sent extra: {_braces(extra)}. Missing but required: {_braces(missing)}."
    if len(names) != len(wanted):
        raise InvalidArgumentError(
            f"input size does not match signature: {len(names)}!={len(wanted)} "
            f"len({_braces(sorted(names))}) != len({_braces(sorted(wanted))}). {difference}"
        )
    tensor = signature.inputs[missing[0]].tensor_name
    raise InvalidArgumentError(
        f"Signature input alias: {missing[0]}(feed name: {tensor}) not found in request and no "
        f"default value provided. Inputs expected to be in the set {_braces(sorted(wanted))}. "
        f"{difference}"
    )


def check_input_types(signature: Signature, types: dict[str, str]) -> None:
    """Checks the element type of each input.

    Args:
        signature: The signature.
        types: TensorFlow's name of the type that was sent, by alias.

    Raises:
        InvalidArgumentError: A type differs.
    """
    for index, alias in enumerate(sorted(signature.inputs)):
        wanted, sent = signature.inputs[alias].dtype, types[alias]
        if wanted != sent:
            raise InvalidArgumentError(
                f"Expects arg[{index}] to be {wanted} but {sent} is provided"
            )


def select_outputs(signature: Signature, output_filter: Sequence[str]) -> tuple[str, ...]:
    """Returns the aliases of the outputs to send: all of them when there is no filter.

    Raises:
        InvalidArgumentError: The filter names an unknown output, or one twice.
    """
    seen: set[str] = set()
    for alias in output_filter:
        if alias not in signature.outputs:
            raise InvalidArgumentError(
                f"output tensor alias not found in signature: {alias} Outputs expected to be in "
                f"the set {_braces(sorted(signature.outputs))}."
            )
        if alias in seen:
            raise InvalidArgumentError(f"duplicate output tensor alias: {alias}")
        seen.add(alias)
    return tuple(output_filter) or tuple(signature.outputs)


def _braces(names: Iterable[str]) -> str:
    return "{" + ",".join(names) + "}"
