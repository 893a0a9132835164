"""The server's command line, parsed as TensorFlow Serving parses its own.

Only `--name=value` counts; a switch is `--name`, `--name=true` or `--name=false`. What is not
understood is reported and ignored, a value that does not fit stops the start.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY_FREE_PORT = -1
_INT32 = 31
_INT64 = 63


class FlagError(ValueError):
    """A flag's value cannot be parsed."""


def _flag(default: Any, text: str, bits: int = _INT32) -> Any:
    return field(default=default, metadata={"help": text, "bits": bits})


@dataclass(frozen=True)
class ServerFlags:
    """Every flag of the server, with TensorFlow Serving's names and defaults.

    The last three are Tidemill's own, and so is the port number -1 ("any free port").
    """

    port: int = _flag(8500, "TCP port of gRPC; 0 is off, -1 is any free port")
    rest_api_port: int = _flag(0, "TCP port of REST; 0 is off, -1 is any free port")
    rest_api_timeout_in_ms: int = _flag(30_000, "longest time of a REST request, milliseconds")
    model_name: str = _flag("default", "name of the model")
    model_base_path: str = _flag("", "folder that holds the model's numeric version folders")
    file_system_poll_wait_seconds: int = _flag(
        1, "seconds between looks for new versions; 0 looks once, a negative number never"
    )
    max_num_load_retries: int = _flag(5, "how often a failed load is tried again")
    load_retry_interval_micros: int = _flag(
        60_000_000, "wait between two tries to load, microseconds", _INT64
    )
    bind_address: str = _flag("0.0.0.0", "address to listen on")  # noqa: S104 - its default
    ready_fd: int = _flag(
        -1, "file descriptor that gets one line of JSON (grpc, rest, pid) when the ports are open"
    )
    exit_on_stdin_close: bool = _flag(False, "stop when standard input is closed")


@dataclass(frozen=True)
class CommandLine:
    """A parsed command line.

    Attributes:
        flags: The flags, defaults filled in.
        unknown: Arguments that are not flags of this server, as they were given.
        help_wanted: Whether only the usage was asked for.
    """

    flags: ServerFlags
    unknown: tuple[str, ...] = ()
    help_wanted: bool = False


def parse_flags(arguments: Sequence[str]) -> CommandLine:
    """Parses a command line.

    Args:
        arguments: The arguments after the program's name.

    Returns:
        The flags and what was not understood.

    Raises:
        FlagError: A value does not fit its flag; the message names both.
    """
    known = {flag.name: flag for flag in fields(ServerFlags)}
    values: dict[str, Any] = {}
    unknown: list[str] = []
    for argument in _before_separator(arguments):
        name, separator, text = argument.removeprefix("--").partition("=")
        flag = known.get(name) if argument.startswith("--") else None
        if flag is None or not (separator or isinstance(flag.default, bool)):
            unknown.append(argument)
            continue
        values[name] = _parse_value(flag, text if separator else "true")
    return CommandLine(ServerFlags(**values), tuple(unknown), unknown[:1] == ["--help"])


def usage() -> str:
    """Returns the list of flags with their defaults, for a person."""
    lines = ["usage: python -m serving.server", "Flags:"]
    lines += [
        f"\t--{flag.name}={flag.default!r}\t{flag.metadata['help']}" for flag in fields(ServerFlags)
    ]
    return "\n".join(lines)


def _before_separator(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _parse_value(flag: Field[Any], text: str) -> int | bool | str:
    if isinstance(flag.default, bool):
        if text not in ("true", "false"):
            raise FlagError(f"--{flag.name}={text}: expected true or false")
        return text == "true"
    if isinstance(flag.default, int):
        return _parse_int(flag, text)
    return text


def _parse_int(flag: Field[Any], text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise FlagError(f"--{flag.name}={text}: expected a whole number")
    number, limit = int(text), 2 ** flag.metadata["bits"]
    if not -limit <= number < limit:
        raise FlagError(f"--{flag.name}={text}: the number is out of range")
    return number
