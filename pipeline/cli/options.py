"""Arguments and options that several subcommands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

Command = TypeVar("Command", bound="Callable[..., Any]")

HOME_VARIABLE = "TIDEMILL_HOME"
DEFAULT_HOME = Path(".tidemill")
_EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "taxi"


def default_use_case() -> Path:
    """Returns the current folder if it is a use case, else the taxi example."""
    from pipeline.config.config_file import FILE_NAME

    return Path() if Path(FILE_NAME).is_file() else _EXAMPLE


def use_case_argument(command: Command) -> Command:
    """Adds the argument `USE_CASE` as `use_case: Path`."""
    return click.argument(
        "use_case",
        type=click.Path(path_type=Path),
        default=default_use_case,
        metavar="[USE_CASE]",
    )(command)


def set_option(command: Command) -> Command:
    """Adds `--set KEY=VALUE`, any number of times, as `overrides: tuple[str, ...]`."""
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Set a key of the configuration, such as trainer.epochs=3. May be repeated.",
    )(command)


def home_option(command: Command) -> Command:
    """Adds `--home DIR` as `home: Path`, absolute; the folder need not exist."""
    return click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        default=DEFAULT_HOME,
        envvar=HOME_VARIABLE,
        show_default=True,
        callback=lambda _context, _option, home: home.absolute(),
        metavar="DIR",
        help=f"Folder of all state: runs, artifacts, models. Or {HOME_VARIABLE}.",
    )(command)


def model_store_option(command: Command) -> Command:
    """Adds `--model-store DIR` as `model_store: Path | None`, absolute."""
    return click.option(
        "--model-store",
        type=click.Path(file_okay=False, path_type=Path),
        callback=lambda _context, _option, store: store and store.absolute(),
        metavar="DIR",
        help="Folder of the pushed models. Default: where the home's runs push to.",
    )(command)


def span_option(command: Command) -> Command:
    """Adds `--span N` as `span: str | None`."""
    return click.option(
        "--span",
        metavar="N",
        help="Run as if span N were the newest, such as 3 or, where spans are dates, 2026-01-31.",
    )(command)


def dry_run_option(command: Command) -> Command:
    """Adds `--dry-run` as `dry_run: bool`."""
    return click.option(
        "--dry-run",
        is_flag=True,
        help="Print the resolved configuration and the DAG, and stop.",
    )(command)


def quiet_option(command: Command) -> Command:
    """Adds `--quiet` as `quiet: bool`."""
    return click.option(
        "-q", "--quiet", is_flag=True, help="Print only failures and the last line."
    )(command)


def json_option(command: Command) -> Command:
    """Adds `--json` as `as_json: bool`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")(
        command
    )
