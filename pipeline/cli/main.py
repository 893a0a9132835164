"""The `tidemill` command: finds the subcommand, and turns errors into messages and a status.

Imports nothing but click, so that `tidemill --help` answers at once.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.lazy_group import LazyCommand, LazyGroup
from pipeline.errors import TidemillError, storage_error

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "run": LazyCommand("pipeline.cli.run", "run", "Run a use case's pipeline."),
    "serve": LazyCommand("pipeline.cli.serve", "serve", "Serve pushed models."),
    "predict": LazyCommand("pipeline.cli.predict", "predict", "Query a served model."),
    "rollback": LazyCommand("pipeline.cli.rollback", "rollback", "Serve an older version again."),
    "compile": LazyCommand(
        "pipeline.cli.compile", "compile_command", "Compile a pipeline for Kubeflow."
    ),
    "submit": LazyCommand("pipeline.cli.submit", "submit", "Run a pipeline on Kubeflow."),
    "schedule": LazyCommand(
        "pipeline.cli.schedule", "schedule", "Run a pipeline on Kubeflow again and again."
    ),
    "follow": LazyCommand("pipeline.cli.kubeflow_runs", "follow", "Follow a run on Kubeflow."),
    "terminate": LazyCommand("pipeline.cli.kubeflow_runs", "terminate", "End a run on Kubeflow."),
    "retry": LazyCommand("pipeline.cli.kubeflow_runs", "retry", "Go on with a failed run there."),
    "schema": LazyCommand("pipeline.cli.schema", "schema", "Show, compare and change the schema."),
    "status": LazyCommand("pipeline.cli.status", "status", "List runs and what came of them."),
    "logs": LazyCommand("pipeline.cli.logs", "logs", "Show the log of a node."),
    "clean": LazyCommand("pipeline.cli.clean", "clean", "Remove outputs of older runs."),
}
DEBUG_VARIABLE = "TIDEMILL_DEBUG"
UNEXPECTED = 1
# As shells count a process that a signal ended: 128 + SIGINT, 128 + SIGPIPE.
INTERRUPTED = 130
READER_GONE = 141


@dataclass
class Settings:
    """What the options before the subcommand say.

    Attributes:
        debug: Whether tracebacks are shown.
    """

    debug: bool = False


def _print_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from importlib import metadata

    try:
        version = metadata.version("tidemill")
    except metadata.PackageNotFoundError:
        version = "(run from its source folder, not installed)"
    click.echo(f"tidemill {version}")
    context.exit()


@click.group(
    name="tidemill",
    cls=LazyGroup,
    lazy=COMMANDS,
    epilog="Exit status: 0 done; 1 unexpected error; 2 wrong usage or configuration; "
    "3 a gate stopped the run.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--debug", is_flag=True, envvar=DEBUG_VARIABLE, help="Show tracebacks of errors.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version.",
)
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """Continuous training for TensorFlow models: train, validate, push and serve."""
    context.ensure_object(Settings).debug = debug


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; the entry point of the `tidemill` script.

    A subcommand's return value is its exit status, None being 0.

    Args:
        arguments: What follows `tidemill`; None takes `sys.argv`.

    Returns:
        The process's exit status.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    settings = Settings()
    try:
        return _invoke(arguments, settings)
    except TidemillError as error:
        return _report_known(error, settings)
    except OSError as error:
        known = storage_error(error)
        return _report_known(known, settings) if known else _report_unexpected(error, settings)
    except Exception as error:  # noqa: BLE001 - the last resort must catch whatever comes
        return _report_unexpected(error, settings)


def _invoke(arguments: list[str], settings: Settings) -> int:
    """Runs the subcommand; handles what ends a command line that is no error of Tidemill's."""
    output = sys.stdout
    try:
        status = cli.main(arguments, prog_name="tidemill", standalone_mode=False, obj=settings)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("tidemill: interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except SystemExit:
        # Click answers a closed pipe by replacing the output and exiting with 1.
        if sys.stdout is output:
            raise
        return _reader_gone()
    return status if isinstance(status, int) else 0


def _report_known(error: TidemillError, settings: Settings) -> int:
    if settings.debug:
        traceback.print_exception(error)
    first, *others = error.problems or (str(error),)
    click.echo(f"tidemill: {first}", err=True)
    for problem in others:
        click.echo(f"          {problem}", err=True)
    return error.exit_status


def _report_unexpected(error: Exception, settings: Settings) -> int:
    message = " ".join(traceback.format_exception_only(error)[-1].split())
    if settings.debug:
        traceback.print_exception(error)
        click.echo(f"tidemill: unexpected error: {message}", err=True)
        return UNEXPECTED
    saved = _save_traceback(error)
    click.echo(f"tidemill: unexpected error: {message} (traceback: {saved})", err=True)
    return UNEXPECTED


def _save_traceback(error: Exception) -> str:
    """Saves the traceback in the system's folder for temporary files; returns where."""
    text = "".join(traceback.format_exception(error))
    try:
        handle, name = tempfile.mkstemp(prefix="tidemill-", suffix=".traceback.txt")
        os.close(handle)
        Path(name).write_text(text, encoding="utf-8")
    except OSError:
        return "could not be saved; run again with --debug"
    return name


def _reader_gone() -> int:
    """Ends quietly: Python would complain of the closed pipe once more when it flushes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return READER_GONE
