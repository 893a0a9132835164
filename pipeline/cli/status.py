"""`tidemill status`: lists runs and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.options import home_option, json_option

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    for line in _rollback_lines(Home(home).models):
        console.print(line, markup=False)
    return 0


def _rollback_lines(store: Path) -> Iterator[str]:
    """Yields what the runs do not tell: a model's newest version that no run pushed."""
    from components.pusher.model_folder import read_origin, standing_versions

    for folder in sorted(path for path in store.glob("*") if path.is_dir()):
        newest = max(standing_versions(folder), default=None)
        origin = None if newest is None else read_origin(folder, newest)
        if origin is not None and origin.restores is not None:
            yield (
                f"{folder.name}: rolled back from version {origin.rolled_back_from} to "
                f"{origin.restores}, which is version {newest} now ({origin.pushed_at})"
            )
