"""`tidemill status`: lists runs and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.options import home_option, json_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@home_option
@json_option
def status(home: Path, *, as_json: bool) -> int:
    """Lists the runs of a home, oldest first: what ran, what was cached, what was pushed."""
    import json
    from dataclasses import asdict

    from pipeline.places import Home
    from pipeline.runs import list_runs

    records = list_runs(Home(home))
    if as_json:
        for record in records:
            click.echo(json.dumps(asdict(record)))
        return 0
    if not records:
        click.echo(f"no runs in {home}; start one with `tidemill run`")
        return 0
    from pipeline.cli.display import make_console
    from pipeline.cli.tables import runs_table

    console = make_console()
    console.print(runs_table(records, console.width if console.is_terminal else None))
    return 0
