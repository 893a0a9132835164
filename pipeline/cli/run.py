"""`tidemill run`: runs a use case's pipeline on this machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pipeline.cli.interruption import sigterm_as_ctrl_c
from pipeline.cli.options import (
    dry_run_option,
    home_option,
    json_option,
    quiet_option,
    set_option,
    span_option,
    use_case_argument,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.cli.display import Display
    from pipeline.local.run import Observer
    from pipeline.places import RunFolder
    from pipeline.runs import RunRecord


@click.command()
@use_case_argument
@set_option
@home_option
@span_option
@dry_run_option
@quiet_option
@json_option
def run(
    use_case: Path,
    overrides: tuple[str, ...],
    home: Path,
    span: str | None,
    *,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Runs the pipeline of USE_CASE, a folder with pipeline.yaml.

    Without USE_CASE: this folder, or the taxi example. Unchanged nodes are answered from the
    cache. Ctrl-C stops cleanly; running again goes on from the cache.

    Exit status: 0 done, 1 a node failed, 2 wrong usage or configuration, 3 a gate stopped the run,
    130 cancelled.
    """
    from pipeline.config.loading import load_with_origins
    from pipeline.config.rendering import render_dry_run
    from pipeline.config.spans import resolve_spans
    from pipeline.use_case import UseCase, check_functions

    case = UseCase.open(use_case)
    loaded = load_with_origins(case.folder, overrides)
    check_functions(case, loaded.config)
    if dry_run:
        choice = resolve_spans(loaded.config, case.folder, span)
        click.echo(render_dry_run(loaded, choice), nl=False)
        return 0
    from pipeline.local.run import run_locally
    from pipeline.places import Home
    from pipeline.run_summary import exit_status

    display = _display(quiet=quiet, as_json=as_json)
    with display, sigterm_as_ctrl_c():
        try:
            show = _while_read(display.show)
            record = run_locally(case, loaded.config, Home(home), show, span)
        finally:
            display.finish()
    return exit_status(record.outcome)


def _display(*, quiet: bool, as_json: bool) -> Display:
    from pipeline.cli import display

    if quiet and as_json:
        raise click.UsageError("--quiet and --json exclude each other; choose one")
    if as_json:
        return display.JsonDisplay()
    if quiet:
        return display.QuietDisplay()
    return display.LiveDisplay() if sys.stdout.isatty() else display.PlainDisplay()


def _while_read(show: Observer) -> Observer:
    """Cancels the run when what it shows has no reader any more, as `| head` leaves it."""
    has_reader = True

    def show_or_cancel(record: RunRecord, folder: RunFolder) -> None:
        nonlocal has_reader
        if not has_reader:
            return
        try:
            show(record, folder)
        except BrokenPipeError:
            has_reader = False
            raise KeyboardInterrupt from None

    return show_or_cancel
