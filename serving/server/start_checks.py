"""Refuses flags that contradict one another, before anything is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.errors import InvalidArgumentError
from serving.server.text_config import new_message, read_text_message

if TYPE_CHECKING:
    from serving.server.flags import ServerFlags

_METRICS_PATH = "/monitoring/prometheus/metrics"


def check_flags(flags: ServerFlags) -> None:
    """Checks the flags against one another.

    Raises:
        InvalidArgumentError: Two of them contradict each other, or one is missing.
    """
    if flags.port == 0 and not flags.grpc_socket_path and flags.rest_api_port == 0:
        raise InvalidArgumentError(
            "At least one of --port, --grpc_socket_path and --rest_api_port must be set."
        )
    if flags.use_alts_credentials and flags.ssl_config_file:
        raise InvalidArgumentError(
            "Either use_alts_credentials must be false or ssl_config_file must be empty."
        )
    if not flags.model_base_path and not flags.model_config_file:
        raise InvalidArgumentError(
            "Both server_options.model_base_path and server_options.model_config_file are empty!"
        )
    if flags.batching_parameters_file and not flags.enable_batching:
        raise InvalidArgumentError(
            "server_options.batching_parameters_file is set without setting "
            "server_options.enable_batching to true."
        )
    if min(_parallelism(flags)) > 0:
        raise InvalidArgumentError(
            "Either configure server_options.tensorflow_session_parallelism or "
            "(server_options.tensorflow_intra_op_parallelism, "
            "server_options.tensorflow_inter_op_parallelism) separately. You cannot configure all."
        )


def channel_arguments(text: str) -> list[tuple[str, int | str]]:
    """Returns gRPC's channel arguments from a list `k=v,k=v`; whole numbers become numbers.

    Raises:
        InvalidArgumentError: A part has no value.
    """
    arguments: list[tuple[str, int | str]] = []
    for part in filter(None, text.split(",")):
        key, separator, value = part.partition("=")
        if not (key and separator):
            raise InvalidArgumentError(f"--grpc_channel_arguments: expected k=v, got {part!r}")
        digits = value.removeprefix("-")
        number = digits.isascii() and digits.isdigit()
        arguments.append((key, int(value) if number else value))
    return arguments


def metrics_path(monitoring_config_file: str) -> str:
    """Returns where the metrics page is; "" when there is none.

    Args:
        monitoring_config_file: A text MonitoringConfig; "" is none.

    Raises:
        ServingError: The file cannot be read, or holds something else.
    """
    if not monitoring_config_file:
        return ""
    config = read_text_message(monitoring_config_file, new_message("MonitoringConfig"))
    prometheus = config.prometheus_config
    return str(prometheus.path or _METRICS_PATH) if prometheus.enable else ""


def rest_timeout_s(flags: ServerFlags) -> float | None:
    """Returns the longest time of a REST request, seconds; None where there is no limit."""
    timeout_ms = flags.rest_api_timeout_in_ms
    return timeout_ms / 1000 if timeout_ms > 0 else None


def _parallelism(flags: ServerFlags) -> tuple[int, int, int]:
    return (
        flags.tensorflow_session_parallelism,
        flags.tensorflow_intra_op_parallelism,
        flags.tensorflow_inter_op_parallelism,
    )
