"""What a model's `logging_config` says. Free of TensorFlow and of files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from serving.errors import InvalidArgumentError

_KINDS = ("", "tfrecord")
_FILE_URI = re.compile(r"file://", re.IGNORECASE)


@dataclass(frozen=True)
class RequestLogSettings:
    """Which requests to a model are logged, and where.

    Attributes:
        prefix: The beginning of the log files' paths.
        sampling_rate: The share of requests that is logged, from 0 to 1.
    """

    prefix: str
    sampling_rate: float


def read_log_settings(model: Any) -> RequestLogSettings | None:
    """Returns the settings of a `ModelConfig`; None where it wants no log.

    Raises:
        InvalidArgumentError: They are not valid.
    """
    if not model.HasField("logging_config"):
        return None
    config = model.logging_config
    if config.HasField("custom_logging_config"):
        raise _error(model, "custom_logging_config is not known here: use log_collector_config")
    collector = config.log_collector_config
    if collector.type not in _KINDS:
        raise _error(model, f"log_collector_config.type is {collector.type!r}, not 'tfrecord'")
    prefix = collector.filename_prefix
    if _FILE_URI.match(prefix):
        prefix = unquote(_FILE_URI.sub("", prefix, count=1))
    if not PurePosixPath(prefix).is_absolute() or prefix.endswith("/") or "\0" in prefix:
        raise _error(
            model,
            "log_collector_config.filename_prefix must be an absolute path to which the end of a "
            f"file name can be added, such as /logs/{model.name}; it is {prefix!r}",
        )
    rate = config.sampling_config.sampling_rate
    if not 0 <= rate <= 1:
        raise _error(model, f"sampling_config.sampling_rate must be from 0 to 1; it is {rate:g}")
    return RequestLogSettings(prefix, rate)


def _error(model: Any, text: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"logging_config of model {model.name}: {text}")
