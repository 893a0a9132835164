"""`tidemill status`: lists runs and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.kubeflow_options import Where, connection_to, kubeflow_config, where_options
from pipeline.cli.options import home_option, json_option

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# Of each one Kubeflow is asked several things.
_RUNS_ON_KUBEFLOW = 20


@click.command()
@home_option
@click.option("--kubeflow", is_flag=True, help="List the runs and schedules on Kubeflow.")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Only the newest N runs. Default: all; with --kubeflow, {_RUNS_ON_KUBEFLOW}.",
)
@where_options
@json_option
def status(home: Path, where: Where, *, kubeflow: bool, last: int | None, as_json: bool) -> int:
    """Lists the runs of a home, oldest first: what ran, what was cached, what was pushed.

    With --kubeflow: the newest runs on Kubeflow, and the schedules.
    """
    if kubeflow:
        _kubeflow_status(where, last or _RUNS_ON_KUBEFLOW, as_json=as_json)
        return 0
    where.refuse_without("--kubeflow")
    import json
    from dataclasses import asdict

    from pipeline.model_folders import model_folders
    from pipeline.places import Home
    from pipeline.runs import list_runs

    records = list_runs(Home(home))
    if last is not None:
        records = records[-last:]
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
    for line in _rollback_lines(model_folders(Home(home)).values()):
        console.print(line, markup=False)
    return 0


def _kubeflow_status(where: Where, last: int, *, as_json: bool) -> None:
    import json
    from datetime import datetime, timezone

    from pipeline.cli.display import make_console
    from pipeline.cli.kubeflow_tables import kubeflow_runs_table, schedules_table
    from pipeline.cli.schedule_lines import schedule_fields
    from pipeline.kubeflow.client.overview import list_run_lines
    from pipeline.kubeflow.client.schedules import list_schedules

    with connection_to(kubeflow_config(), where) as connection:
        lines = list_run_lines(connection, last)
        schedules = list(list_schedules(connection))
    now = datetime.now(timezone.utc)
    if as_json:
        for line in lines:
            fields = {**line._asdict(), "created": line.created.isoformat()}
            click.echo(json.dumps({"kind": "run", **fields}))
        for each in schedules:
            click.echo(json.dumps({"kind": "schedule", **schedule_fields(each, now)}))
        return
    if not lines and not schedules:
        click.echo("no runs and no schedules on Kubeflow; start one with `tidemill submit`")
        return
    console = make_console()
    if lines:
        console.print(kubeflow_runs_table(lines))
    if schedules:
        console.print()
        console.print(schedules_table(schedules, now))


def _rollback_lines(folders: Iterable[Path]) -> Iterator[str]:
    """Yields what the runs do not tell: a model's newest version that no run pushed."""
    from components.pusher.model_folder import read_origin, standing_versions

    for folder in folders:
        newest = max(standing_versions(folder), default=None)
        origin = None if newest is None else read_origin(folder, newest)
        if origin is not None and origin.restores is not None:
            yield (
                f"{folder.name}: rolled back from version {origin.rolled_back_from} to "
                f"{origin.restores}, which is version {newest} now ({origin.pushed_at})"
            )
