"""What the configuration's sections share: the base model and the types of names."""

from __future__ import annotations

import json
import keyword
import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Strict,
    model_validator,
)

from components.evaluator.metric_names import check_metric_name

_PIPELINE_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_SPLIT_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LARGEST_PORT = 65535
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def empty_for_null(value: Any) -> Any:
    """Returns an empty mapping for None: a key with nothing below it."""
    return {} if value is None else value


class Section(BaseModel):
    """Base of every section: immutable, no unknown keys, no silent conversion of types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _read_null_as_empty(cls, value: Any) -> Any:
        return empty_for_null(value)


def is_uri(text: str) -> bool:
    """Says whether a location is a URI (`gs://bucket/x`) and not a file-system path."""
    return _URI.match(text) is not None


def _check_pipeline_name(name: str) -> str:
    if not _PIPELINE_NAME.fullmatch(name):
        raise ValueError(
            "must be a lower-case letter followed by lower-case letters, digits, _ or -, "
            "such as taxi; set name in pipeline.yaml"
        )
    return name


def _check_split_name(name: str) -> str:
    if not _SPLIT_NAME.fullmatch(name):
        raise ValueError(
            "a split's name must be a lower-case letter followed by lower-case letters, "
            "digits or _, such as train"
        )
    return name


def _check_metric_name(name: str) -> str:
    check_metric_name(name)
    return name


def _check_not_blank(text: str) -> str:
    if not text or text != text.strip():
        raise ValueError("must not be empty, nor begin or end with a space")
    return text


def _check_dotted_path(path: str) -> str:
    parts = path.split(".")
    if len(parts) == 1 or any(not p.isidentifier() or keyword.iskeyword(p) for p in parts):
        raise ValueError(
            "must be MODULE.FUNCTION, relative to the use case's folder, such as model.run_fn"
        )
    return path


def _check_address(address: str) -> str:
    host, _, port = address.rpartition(":")
    if not host or "/" in address or not port.isascii() or not port.isdigit():
        raise ValueError("must be HOST:PORT, such as taxi-server:8500, the gRPC port")
    if not 0 < int(port) <= _LARGEST_PORT:
        raise ValueError(f"has no such port; it must be between 1 and {_LARGEST_PORT}")
    return address


def _check_json(values: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(values, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "must hold finite numbers, texts, booleans, nulls, lists and mappings only"
        ) from error
    return values


PipelineName = Annotated[str, AfterValidator(_check_pipeline_name)]
SplitName = Annotated[str, AfterValidator(_check_split_name)]
MetricName = Annotated[str, AfterValidator(_check_metric_name)]
Text = Annotated[str, AfterValidator(_check_not_blank)]
ServerAddress = Annotated[str, AfterValidator(_check_address)]
DottedPath = Annotated[str, AfterValidator(_check_dotted_path)]
# YAML has lists only; tuples keep the models immutable.
FeatureNames = Annotated[tuple[Text, ...], Strict(strict=False)]
FreeMapping = Annotated[
    dict[str, Any], BeforeValidator(empty_for_null), AfterValidator(_check_json)
]
