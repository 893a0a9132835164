"""`tidemill serve`: answers queries with a pushed model until it is stopped."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import home_option, model_store_option
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


@click.command()
@click.argument("model", required=False)
@home_option
@model_store_option
@click.option("--rest-port", default=8501, show_default=True, help="Port of REST; 0 is off.")
@click.option("--port", default=8500, show_default=True, help="Port of gRPC; 0 is off.")
@click.option("--bind", default="127.0.0.1", show_default=True, help="Address to listen on.")
def serve(
    model: str | None, home: Path, model_store: Path | None, rest_port: int, port: int, bind: str
) -> None:
    """Serve MODEL with TensorFlow Serving's REST and gRPC protocols.

    MODEL may be left out when there is one. New versions are picked up while it runs.
    """
    from pipeline.model_folders import model_folders
    from pipeline.places import Home

    models = model_folders(Home(home), model_store)
    name = _choose_model(model, models, model_store or home)
    if rest_port == port > 0:
        raise UsageError(f"--port and --rest-port are both {port}: choose two ports")
    _check_free(bind, rest_port, "--rest-port")
    _check_free(bind, port, "--port")
    click.echo(f"Serving {name} from {models[name]}. Ctrl-C stops it.", err=True)
    _become_server(
        f"--port={port}",
        f"--rest_api_port={rest_port}",
        f"--bind_address={bind}",
        f"--model_name={name}",
        f"--model_base_path={models[name]}",
    )


def _choose_model(wanted: str | None, models: Collection[str], place: Path) -> str:
    known = ", ".join(models)
    if not models:
        raise UsageError(f"there is no model in {place}: `tidemill run` pushes one")
    if wanted is None:
        if len(models) > 1:
            raise UsageError(f"name the model to serve; {place} holds {known}")
        return next(iter(models))
    if wanted not in models:
        raise UsageError(f"there is no model {wanted} in {place}; it holds {known}")
    return wanted


def _check_free(address: str, port: int, option: str) -> None:
    """Refuses a port that is taken: the server itself would go on without REST."""
    if port <= 0:
        return
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        socket.create_server((address, port), family=family).close()
    except OSError as error:
        raise UsageError(
            f"cannot listen on {address}:{port} ({error.strerror}): choose another {option}"
        ) from error


def _become_server(*flags: str) -> None:
    """Replaces this process, so that signals and the exit status are the server's."""
    from serving.server.process import server_environment

    command = [sys.executable, "-m", "serving.server", *flags]
    os.execve(sys.executable, command, server_environment())  # noqa: S606 - no shell is meant
