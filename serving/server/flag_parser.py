"""Parses the server's command line as TensorFlow Serving parses its own.

Only `--name=value` counts; a switch is `--name`, `--name=true` or `--name=false`. What is not
understood is reported and ignored, a value that does not fit stops the start.
"""

from __future__ import annotations

import math
from dataclasses import Field, dataclass, fields
from typing import TYPE_CHECKING, Any

from serving.server.flags import ServerFlags

if TYPE_CHECKING:
    from collections.abc import Sequence


class FlagError(ValueError):
    """A flag's value cannot be parsed."""


@dataclass(frozen=True)
class CommandLine:
    """A parsed command line.

    Attributes:
        flags: The flags, defaults filled in.
        unknown: Arguments that are not flags of this server, as they were given.
        help_wanted: Whether only the usage was asked for.
        without_effect: What to say about flags that were given and do nothing, by name.
    """

    flags: ServerFlags
    unknown: tuple[str, ...] = ()
    help_wanted: bool = False
    without_effect: tuple[tuple[str, str], ...] = ()


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
    idle = ((name, known[name].metadata["help"]) for name in values)
    return CommandLine(
        ServerFlags(**values),
        tuple(unknown),
        help_wanted=unknown[:1] == ["--help"],
        without_effect=tuple(pair for pair in idle if not known[pair[0]].metadata["effect"]),
    )


def usage() -> str:
    """Returns the list of flags with their defaults, for a person."""
    lines = ["usage: python -m serving.server", "Flags:"]
    lines += [
        f"\t--{flag.name}={flag.default!r}\t{flag.metadata['help']}" for flag in fields(ServerFlags)
    ]
    return "\n".join(lines)


def _before_separator(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _parse_value(flag: Field[Any], text: str) -> int | float | bool | str:
    if isinstance(flag.default, bool):
        if text not in ("true", "false"):
            raise FlagError(f"--{flag.name}={text}: expected true or false")
        return text == "true"
    if isinstance(flag.default, int):
        return _parse_int(flag, text)
    if isinstance(flag.default, float):
        return _parse_float(flag, text)
    return text


def _parse_int(flag: Field[Any], text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise FlagError(f"--{flag.name}={text}: expected a whole number")
    number, limit = int(text), 2 ** flag.metadata["bits"]
    if not -limit <= number < limit:
        raise FlagError(f"--{flag.name}={text}: the number is out of range")
    return number


def _parse_float(flag: Field[Any], text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise FlagError(f"--{flag.name}={text}: expected a number")
    return number
