"""`tidemill schema`: what the schema says, what new data would change, and accepting the change."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import default_use_case, home_option, set_option, use_case_argument
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.schema.review import Review


@click.group()
def schema() -> None:
    """Show, compare and change the schema that data is held against.

    The schema is the file that schema.file names, else what the latest run inferred.
    """


@schema.command()
@use_case_argument
@set_option
@home_option
def show(use_case: Path, overrides: tuple[str, ...], home: Path) -> None:
    """Show what the schema in force says of each feature."""
    from pipeline.cli.display import make_console
    from pipeline.cli.schema_tables import schema_table
    from pipeline.places import Home
    from pipeline.schema.review import open_schema

    opened = open_schema(use_case, overrides, Home(home))
    make_console().print(schema_table(opened))


@schema.command()
@click.argument("arguments", nargs=-1, metavar="[USE_CASE] [FEATURE]...")
@set_option
@home_option
def diff(arguments: tuple[str, ...], overrides: tuple[str, ...], home: Path) -> None:
    """Show what the data of the latest run would change in the schema.

    That is the data that was just refused. Only features that stop a run are changed, or the
    FEATUREs that are named. Nothing is written.
    """
    _show_review(_review(arguments, overrides, home))


@schema.command()
@click.argument("arguments", nargs=-1, metavar="[USE_CASE] [FEATURE]...")
@click.option("-y", "--yes", is_flag=True, help="Write without asking.")
@set_option
@home_option
def accept(
    arguments: tuple[str, ...], overrides: tuple[str, ...], home: Path, *, yes: bool
) -> None:
    """Write what `diff` shows into the schema's file, after asking.

    Without schema.file, the inferred schema becomes a new file in schemas/. pipeline.yaml is never
    changed: what to write there is told.
    """
    from pipeline.config.config_file import FILE_NAME
    from pipeline.schema.target import write

    review = _review(arguments, overrides, home)
    _show_review(review)
    if not review.is_change:
        return
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("nothing was written: there is no terminal to ask on; give --yes")
        if not click.confirm(f"Write {review.target.path}?"):
            click.echo("nothing was written")
            return
    write(review.target, review.text)
    click.echo(f"wrote {review.target.path}")
    if review.target.setting:
        click.echo(f"now let {review.use_case / FILE_NAME} name it: {review.target.setting}")
    click.echo(f"then run `tidemill run {_shown(review.use_case)}`")


def _review(arguments: Sequence[str], overrides: tuple[str, ...], home: Path) -> Review:
    from pipeline.cli.display import make_console
    from pipeline.places import Home
    from pipeline.schema.review import review

    use_case, features = split_arguments(arguments)
    with make_console().status("comparing the data with the schema ..."):
        return review(use_case, features, overrides, Home(home))


def split_arguments(arguments: Sequence[str]) -> tuple[Path, tuple[str, ...]]:
    """Tells the use case from the features: the first argument, if it is a use case's folder.

    Raises:
        UsageError: The first argument looks like a folder and is no use case.
    """
    from pipeline.config.config_file import FILE_NAME

    if arguments and (Path(arguments[0]) / FILE_NAME).is_file():
        return Path(arguments[0]), tuple(arguments[1:])
    if arguments and ("/" in arguments[0] or Path(arguments[0]).is_dir()):
        raise UsageError(f"{arguments[0]} is no folder with {FILE_NAME}")
    return default_use_case(), tuple(arguments)


def _show_review(review: Review) -> None:
    from pipeline.cli.display import make_console
    from pipeline.cli.schema_tables import review_lines

    console = make_console()
    for part in review_lines(review):
        console.print(part)


def _shown(folder: Path) -> str:
    """Returns a folder as a person would type it."""
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)
