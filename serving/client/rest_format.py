"""The JSON that a REST client writes and reads. Free of HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from serving.client.answers import reading
from serving.client.json_bytes import decode_bytes, encode_bytes, stands_for_bytes
from serving.client.results import Columns, ModelMetadata, ModelVersionStatus, holds_bytes
from serving.errors import Code, InvalidArgumentError, ServingError
from serving.signature import Signature, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TEXT_LIMIT = 500


def encode_rows(rows: Sequence[Mapping[str, object]], signature: str) -> bytes:
    """Returns the body of a predict request: bytes as base64, NumPy values as numbers.

    Raises:
        InvalidArgumentError: A value is of a type that JSON cannot carry.
    """
    document = {"signature_name": signature, "instances": [dict(row) for row in rows]}
    try:
        return json.dumps(document, default=_to_json).encode()
    except (RecursionError, TypeError, ValueError) as error:
        raise InvalidArgumentError(f"the rows cannot be sent: {error}") from error


@reading()
def parse_predictions(body: bytes) -> list[Any]:
    """Returns what the body of a predict answer has for each row.

    Raises:
        ServingError: INTERNAL: the body is not a predict answer.
    """
    # A server writes texts that are not UTF-8 as they are.
    predictions: list[Any] = json.loads(body.decode("utf-8", "replace"))["predictions"]
    return predictions


def names_outputs(predictions: list[Any]) -> bool:
    """Whether the answer says the outputs' names: it does not for a signature with one output."""
    return (
        bool(predictions)
        and isinstance(predictions[0], dict)
        and not stands_for_bytes(predictions[0])
    )


@reading()
def to_columns(predictions: list[Any], only_output: str = "") -> Columns:
    """Returns the outputs of a predict answer.

    Args:
        predictions: What it has for each row.
        only_output: The output's name, where the answer does not say it.

    Raises:
        ServingError: INTERNAL: rows have different outputs.
    """
    if names_outputs(predictions):
        columns = {alias: [row[alias] for row in predictions] for alias in predictions[0]}
    else:
        columns = {only_output: predictions}
    return Columns(
        {
            alias: decode_bytes(values) if holds_bytes(alias) else values
            for alias, values in columns.items()
        }
    )


@reading()
def decode_status(body: bytes) -> list[ModelVersionStatus]:
    """Reads the body of a status answer.

    Raises:
        ServingError: INTERNAL: it is none.
    """
    return [
        ModelVersionStatus(int(entry["version"]), entry["state"], _status_error(entry["status"]))
        for entry in json.loads(body)["model_version_status"]
    ]


@reading()
def decode_metadata(body: bytes) -> ModelMetadata:
    """Reads the body of a metadata answer.

    Raises:
        ServingError: INTERNAL: it is none.
    """
    document = json.loads(body)
    spec = document["model_spec"]
    definitions = document["metadata"]["signature_def"]["signature_def"]
    signatures = {
        name: Signature(
            name=name,
            inputs=_specs(definition["inputs"]),
            outputs=_specs(definition["outputs"]),
            method_name=definition["method_name"],
        )
        for name, definition in definitions.items()
    }
    return ModelMetadata(spec["name"], int(spec["version"]), signatures)


def decode_error(http_status: int, body: bytes) -> ServingError:
    """Returns the error that an answer with an error status stands for."""
    try:
        message = str(json.loads(body)["error"])
    except (KeyError, RecursionError, TypeError, ValueError):
        text = body[:_TEXT_LIMIT].decode("utf-8", "replace")
        message = f"HTTP {http_status}: {text}"
    return ServingError.of(Code.from_http_status(http_status), message)


def _to_json(value: Any) -> object:
    if isinstance(value, bytes):
        return encode_bytes(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"JSON has no {type(value).__name__}: {value!r}")


def _status_error(status: Mapping[str, str]) -> ServingError | None:
    name = status["error_code"]
    if name == Code.OK.name:
        return None
    known = name in Code.__members__
    return ServingError.of(Code[name] if known else Code.UNKNOWN, status["error_message"])


def _specs(tensors: Mapping[str, Any]) -> dict[str, TensorSpec]:
    return {alias: _spec(alias, tensors[alias]) for alias in sorted(tensors)}


def _spec(alias: str, info: Mapping[str, Any]) -> TensorSpec:
    shape = info["tensor_shape"]
    sizes = None if shape["unknown_rank"] else tuple(int(dim["size"]) for dim in shape["dim"])
    dtype = info["dtype"].removeprefix("DT_").lower()
    return TensorSpec(alias, dtype, sizes, info.get("name", ""))
