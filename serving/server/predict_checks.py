"""Compares a gRPC predict request with the model's signature. Free of gRPC and TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.signature import CLASSIFY_METHOD, PREDICT_METHOD, REGRESS_METHOD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from serving.signature import Signature


def check_method_name(signature: Signature) -> None:
    """Checks that a signature was made for a call of this protocol.

    Raises:
        ServingError: INTERNAL when it was not.
    """
    methods = (PREDICT_METHOD, CLASSIFY_METHOD, REGRESS_METHOD)
    if signature.method_name not in methods:
        raise ServingError.of(
            Code.INTERNAL,
            "Expected prediction signature method_name to be one of "
            f"{{{', '.join(methods)}}}. Was: {signature.method_name}",
        )


def check_elements(alias: str, count: int, most: int) -> None:
    """Checks that an input is not too large.

    Raises:
        InvalidArgumentError: It has more elements than this server takes.
    """
    if count > most:
        raise InvalidArgumentError(
            f"tensor parsing error: {alias}: it has {count:,} elements, and this server takes at "
            f"most {most:,} (--max_tensor_elements)"
        )


def complete_inputs(signature: Signature, sent: Iterable[str]) -> dict[str, Any]:
    """Checks that a request has the signature's inputs, and returns defaults for the rest.

    Raises:
        InvalidArgumentError: It has others or more, or lacks one that has no default.
    """
    names, wanted = set(sent), signature.inputs.keys()
    if names == wanted:
        return {}
    extra, missing = sorted(names - wanted), sorted(wanted - names)
    difference = f"Sent extra: {_braces(extra)}. Missing but required: {_braces(missing)}."
    if len(names) > len(wanted) or (len(names) < len(wanted) and not signature.defaults):
        raise InvalidArgumentError(
            f"input size does not match signature: {len(names)}!={len(wanted)} "
            f"len({_braces(sorted(names))}) != len({_braces(sorted(wanted))}). {difference}"
        )
    for alias in missing:
        if alias not in signature.defaults:
            tensor = signature.inputs[alias].tensor_name
            raise InvalidArgumentError(
                f"Signature input alias: {alias}(feed name: {tensor}) not found in request and no "
                f"default value provided. Inputs expected to be in the set "
                f"{_braces(sorted(wanted))}. {difference}"
            )
    if extra:
        raise InvalidArgumentError(
            f"Inputs expected to be in the set {_braces(sorted(wanted))}. {difference}"
        )
    return {alias: signature.defaults[alias] for alias in missing}


def check_input_types(signature: Signature, types: dict[str, str]) -> None:
    """Checks the element type of each input.

    Args:
        signature: The signature.
        types: TensorFlow's name of the type that was sent, by alias; defaults need not be named.

    Raises:
        InvalidArgumentError: A type differs.
    """
    wrong = {alias for alias, sent in types.items() if (signature.inputs[alias].dtype != sent)}
    for index, alias in enumerate(sorted(signature.inputs) if wrong else ()):
        if alias in wrong:
            wanted, sent = signature.inputs[alias].dtype, types[alias]
            raise InvalidArgumentError(
                f"Expects arg[{index}] to be {wanted} but {sent} is provided"
            )


def select_outputs(signature: Signature, output_filter: Sequence[str]) -> tuple[str, ...]:
    """Returns the aliases of the outputs to send: all of them when there is no filter.

    Raises:
        InvalidArgumentError: The filter names an unknown output, or one twice.
    """
    if not output_filter:
        return tuple(signature.outputs)
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
    return tuple(output_filter)


def _braces(names: Iterable[str]) -> str:
    return "{" + ",".join(names) + "}"
