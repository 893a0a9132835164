"""Reads the body of a REST request. Free of TensorFlow and of HTTP.

A request comes by rows (`instances`, a list with one value or object for each row) or by columns
(`inputs`, one value or an object with one value for each input).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.errors import InvalidArgumentError, ServingError
from serving.server.json_debug import debug_text
from serving.server.json_parse import parse_json
from serving.server.json_tensor import is_base64, to_array
from serving.signature import DEFAULT_SIGNATURE, Signature, TensorSpec, shape_text

if TYPE_CHECKING:
    from collections.abc import Mapping

Arrays = dict[str, np.ndarray[Any, Any]]


class Layout(enum.Enum):
    """How the values of a request are laid out; the answer follows it."""

    ROWS = "instances"
    COLUMNS = "inputs"


@dataclass(frozen=True)
class RequestBody:
    """A parsed body, not yet compared with a signature."""

    document: dict[str, Any]
    signature_name: str


def parse_body(body: bytes) -> RequestBody:
    """Parses the JSON of a request.

    Raises:
        InvalidArgumentError: It is not JSON, not an object, or names its signature wrongly.
    """
    document = parse_json(body)
    if not isinstance(document, dict):
        raise InvalidArgumentError(f"JSON Value: {debug_text(document)} Is not object")
    name = document.get("signature_name", DEFAULT_SIGNATURE)
    if not isinstance(name, str):
        raise InvalidArgumentError(
            f"JSON Value: {debug_text(document)} not formatted correctly. "
            "'signature_name' key must be a string value."
        )
    return RequestBody(document, name or DEFAULT_SIGNATURE)


def decode_inputs(document: Mapping[str, Any], signature: Signature) -> tuple[Layout, Arrays]:
    """Converts the values of a request into one array for each input of the signature.

    Raises:
        ServingError: The values do not fit the signature.
    """
    if not signature.inputs:
        raise InvalidArgumentError(f"Failed to get input map for signature: {signature.name}")
    by_columns, by_rows = "inputs" in document, "instances" in document
    if by_columns and by_rows:
        raise InvalidArgumentError(
            f"JSON Value: {debug_text(document)} Not formatted correctly expecting only one of "
            "'inputs' or 'instances' keys to exist "
        )
    if by_rows:
        return Layout.ROWS, _decode_rows(document, signature.inputs)
    if by_columns:
        return Layout.COLUMNS, _decode_columns(document["inputs"], signature.inputs)
    raise InvalidArgumentError("Missing 'inputs' or 'instances' key")


def _decode_rows(document: Mapping[str, Any], inputs: Mapping[str, TensorSpec]) -> Arrays:
    instances = document["instances"]
    if not isinstance(instances, list):
        raise InvalidArgumentError(
            f"JSON Value: {debug_text(document)} Expecting 'instances' to be an list/array"
        )
    if not instances:
        raise InvalidArgumentError(
            f"JSON Value: {debug_text(document)} No values in 'instances' array"
        )
    if not _is_named(instances[0]):
        alias = _only_alias(
            inputs,
            "instances is a plain list, but expecting list of objects as multiple "
            "input tensors required as per tensorinfo_map",
        )
        _check_kinds(instances, named=False)
        return {alias: _column(instances, inputs[alias], named=False)}
    _check_kinds(instances, named=True)
    for index, row in enumerate(instances):
        _check_keys(index, row, inputs)
    return {
        alias: _column([row[alias] for row in instances], spec, named=True)
        for alias, spec in inputs.items()
    }


def _check_kinds(instances: list[Any], *, named: bool) -> None:
    for index, row in enumerate(instances):
        if _is_named(row) != named:
            expected, got = ("object", "list") if named else ("value/list", "object")
            raise InvalidArgumentError(
                f"Expecting {expected} but got {got} at item {index} of input list"
            )


def _decode_columns(values: object, inputs: Mapping[str, TensorSpec]) -> Arrays:
    if not isinstance(values, dict) or is_base64(values):
        alias = _only_alias(
            inputs,
            "inputs is a plain value/list, but expecting an object as multiple input tensors "
            "required as per tensorinfo_map",
        )
        return {alias: to_array(values, inputs[alias].dtype)}
    for alias in inputs:
        if alias not in values:
            raise InvalidArgumentError(f"Missing named input: {alias} in 'inputs' object.")
    return {alias: to_array(values[alias], spec.dtype) for alias, spec in inputs.items()}


def _is_named(row: object) -> bool:
    return isinstance(row, dict) and not is_base64(row)


def _only_alias(inputs: Mapping[str, TensorSpec], refusal: str) -> str:
    if len(inputs) != 1:
        raise InvalidArgumentError(refusal)
    return next(iter(inputs))


def _check_keys(index: int, row: Mapping[str, Any], inputs: Mapping[str, TensorSpec]) -> None:
    if row.keys() == inputs.keys():
        return
    for key in row:
        if key not in inputs:
            raise InvalidArgumentError(
                f"Failed to process element: {index} key: {key} of 'instances' list. Error: "
                f"INVALID_ARGUMENT: JSON object: does not have named input: {key}"
            )
    raise InvalidArgumentError(
        f"Failed to process element: {index} of 'instances' list. JSON object: "
        f"{debug_text(row)} keys must be equal to: {','.join(inputs)}"
    )


def _column(values: list[Any], spec: TensorSpec, *, named: bool) -> np.ndarray[Any, Any]:
    try:
        return to_array(values, spec.dtype)
    except ServingError as error:
        raise _row_error(values, spec, named=named) or error from error


def _row_error(values: list[Any], spec: TensorSpec, *, named: bool) -> InvalidArgumentError | None:
    """Says which row made the column fail."""
    shape: tuple[int, ...] | None = None
    for index, value in enumerate(values):
        key = f" key: {spec.alias}" if named else ""
        prefix = f"Failed to process element: {index}{key} of 'instances' list. Error: "
        try:
            array = to_array(value, spec.dtype)
        except ServingError as error:
            return InvalidArgumentError(f"{prefix}{error}")
        if shape is not None and array.shape != shape:
            return InvalidArgumentError(f"{prefix}INVALID_ARGUMENT: {_differ(shape, array.shape)}")
        shape = array.shape
    return None


def _differ(expected: tuple[int, ...], got: tuple[int, ...]) -> str:
    sizes = [int(np.prod(shape)) for shape in (expected, got)]
    if sizes[0] != sizes[1]:
        return f"Expecting tensor size: {sizes[0]} but got: {sizes[1]}"
    return f"Expecting shape {shape_text(expected)} but got: {shape_text(got)}"
