"""Understands the paths of the REST API. Free of HTTP libraries.

The API knows no 404 and no 405 for paths under `/v1/`: what does not match is a malformed request.
"""

from __future__ import annotations

import enum
import functools
import re
from dataclasses import dataclass
from urllib.parse import unquote

from serving.errors import InvalidArgumentError
from serving.server.versions import parse_version

_VERSION = r"(?:/(?:versions/(\d+)|labels/([^/:]+)))?"
_FLAGS = re.IGNORECASE | re.ASCII
_POST = re.compile(rf"/v1/models/([^/:]+){_VERSION}:((?-i:classify|regress|predict))", _FLAGS)
_GET = re.compile(rf"/v1/models(?:/([^/:]+))?{_VERSION}(/metadata)?", _FLAGS)
_MOST_TARGETS = 1000
_PATTERNS = {"POST": _POST, "GET": _GET}


class Call(enum.Enum):
    """What a request asks for."""

    PREDICT = "predict"
    CLASSIFY = "classify"
    REGRESS = "regress"
    STATUS = "status"
    METADATA = "metadata"


@dataclass(frozen=True)
class Target:
    """A call and what it is addressed to; without version and label it means the latest."""

    call: Call
    model: str
    version: int | None = None
    label: str | None = None


def is_api_path(path: str) -> bool:
    """Whether a path belongs to the API at all."""
    return path.lower().startswith("/v1/")


@functools.lru_cache(maxsize=_MOST_TARGETS)
def parse_target(method: str, path: str) -> Target:
    """Understands a request line.

    Args:
        method: The HTTP method.
        path: The path as it was sent, percent signs and query string included.

    Raises:
        InvalidArgumentError: The request line is not one of the API's.
    """
    pattern = _PATTERNS.get(method)
    match = pattern.fullmatch(path) if pattern else None
    if match is None:
        raise InvalidArgumentError(f"Malformed request: {method} {path}")
    model, version, label, last = match.groups()
    if model is None:
        raise InvalidArgumentError("Missing model name in request.")
    number = None if version is None else parse_version(version)
    if version is not None and number is None:
        raise InvalidArgumentError(f"Failed to convert version: {version} to numeric.")
    return Target(
        call=_call(method, last),
        model=unquote(model),
        version=number,
        label=None if label is None else unquote(label),
    )


def _call(method: str, last: str | None) -> Call:
    if method == "POST":
        return Call(last)
    # In any other case it matches too, and means nothing: as in TensorFlow Serving.
    return Call.METADATA if last == "/metadata" else Call.STATUS
