"""The command line of `python -m serving.server`."""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import resource
import sys
from typing import TYPE_CHECKING

import uvloop

from serving.errors import ServingError
from serving.server.flag_parser import FlagError, parse_flags, usage
from serving.server.server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serving.server.flags import ServerFlags

_EXIT_FAILURE = 255
_log = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Runs the server until it is asked to stop.

    Args:
        arguments: The arguments after the program's name.

    Returns:
        The exit status: 0 after a drain, 255 when the server did not start.
    """
    try:
        command = parse_flags(arguments)
    except FlagError as error:
        _say(f"{error}\n{usage()}")
        return _EXIT_FAILURE
    if command.help_wanted:
        _say(usage())
        return _EXIT_FAILURE
    for argument in command.unknown:
        _say(f"unknown argument: {argument}")
    if command.unknown:
        _say(usage())
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    if command.flags.version:
        _say(f"Tidemill model server: {_version_of('tidemill')}")
        _say(f"TensorFlow Library: {_version_of('tensorflow')}")
        return 0
    for name, reason in command.without_effect:
        _log.warning("--%s: %s", name, reason)
    return _serve(command.flags)


def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _allow_connections() -> None:
    """Allows as many open files as the system lets this process have: each connection is one."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def _serve(flags: ServerFlags) -> int:
    _allow_connections()
    try:
        uvloop.run(ModelServer(flags).run())
    except (ServingError, OSError) as error:
        _say(f"Failed to start server. Error: {error}")
        return _EXIT_FAILURE
    _log.info("Stopped.")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
