"""What can be done with schedules that exist: `tidemill schedule list`, `pause` and so on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.kubeflow_options import Where, connection_to, kubeflow_config, where_options
from pipeline.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.kubeflow.client.connection import Connection
    from pipeline.kubeflow.client.schedule_plan import Schedule

_KEPT = (
    "turned off, not deleted: a run of it goes on; give the same command when that has ended, or "
    "--wait"
)
_name_argument = click.argument("name", default="", metavar="[USE_CASE|NAME]")


@click.command("list")
@where_options
@json_option
def list_command(where: Where, *, as_json: bool) -> None:
    """List the schedules on Kubeflow, with their next times."""
    from datetime import datetime, timezone

    from pipeline.cli.schedule_lines import schedule_fields
    from pipeline.kubeflow.client.schedules import list_schedules

    with connection_to(kubeflow_config(), where) as connection:
        schedules = list(list_schedules(connection))
    now = datetime.now(timezone.utc)
    if as_json:
        for each in schedules:
            click.echo(json.dumps(schedule_fields(each, now)))
        return
    if not schedules:
        click.echo("no schedules on Kubeflow; make one with `tidemill schedule`")
        return
    from pipeline.cli.display import make_console
    from pipeline.cli.kubeflow_tables import schedules_table

    make_console().print(schedules_table(schedules, now))


@click.command()
@_name_argument
@where_options
def pause(name: str, where: Where) -> None:
    """Turn the schedule of a pipeline off; a run that goes on ends by itself."""
    from pipeline.kubeflow.client.schedules import set_enabled

    with connection_to(kubeflow_config(), where) as connection:
        for each in _named(connection, name):
            if each.enabled:
                set_enabled(connection, each, enabled=False)
            click.echo(f"{each.name}: {'paused' if each.enabled else 'was paused already'}")


@click.command()
@_name_argument
@where_options
def resume(name: str, where: Where) -> None:
    """Turn the schedule of a pipeline on again.

    If a time passed while it was off, Kubeflow runs once at once.
    """
    from datetime import datetime, timezone

    from pipeline.cli.schedule_lines import next_times_of
    from pipeline.kubeflow.client.schedules import set_enabled

    with connection_to(kubeflow_config(), where) as connection:
        each = _newest(_named(connection, name))
        if not each.enabled:
            set_enabled(connection, each, enabled=True)
    click.echo(f"{each.name}: {'was on already' if each.enabled else 'resumed'}")
    for moment in next_times_of(each, datetime.now(timezone.utc)):
        click.echo(f"  next: {moment}")


@click.command()
@_name_argument
@click.option("--wait", is_flag=True, help="Wait for a run that goes on, to delete it then.")
@where_options
def delete(name: str, where: Where, *, wait: bool) -> int:
    """Delete the schedule of a pipeline.

    Deleting it under a run that goes on would take the run's pods away. So it is turned off, and
    deleted when its runs have ended: by the same command later, or with --wait.
    """
    from pipeline.kubeflow.client.schedules import remove_drained, set_enabled

    gone = True
    with connection_to(kubeflow_config(), where) as connection:
        for each in _named(connection, name):
            if each.enabled:
                set_enabled(connection, each, enabled=False)
            deleted = remove_drained(connection, each, wait=wait, tell=click.echo)
            gone = gone and deleted
            click.echo(f"{each.name}: {'deleted' if deleted else _KEPT}")
    return 0 if gone else 1


@click.command("run-now")
@_name_argument
@where_options
def run_now(name: str, where: Where) -> None:
    """Start a run as the schedule would, at once; the schedule goes on as it is."""
    from pipeline.kubeflow.client.runs import create_run, run_name
    from pipeline.kubeflow.client.upload import Version

    with connection_to(kubeflow_config(), where) as connection:
        each = _newest(_named(connection, name))
        run_id = create_run(
            connection,
            Version(each.pipeline_id, each.version_id, "", new=False),
            run_name(each.name),
            each.experiment_id,
            each.parameters,
            each.service_account or None,
        )
        click.echo(f"{each.name}: run {run_id} started, {connection.run_url(run_id)}")
    click.echo(f"`tidemill follow {run_id}` follows it")


def _named(connection: Connection, name: str) -> list[Schedule]:
    """Returns the schedules of a pipeline: of a use case's folder, or by name or id.

    Raises:
        UsageError: There is none.
    """
    from pipeline.errors import UsageError
    from pipeline.kubeflow.client.schedules import list_schedules

    wanted = _pipeline_name(name)
    schedules = list(list_schedules(connection))
    found = [each for each in schedules if wanted in (each.name, each.schedule_id)]
    if found:
        return found
    names = ", ".join(sorted({each.name for each in schedules})) or "none"
    raise UsageError(f"no schedule of {wanted} on Kubeflow; there are: {names}")


def _newest(schedules: Sequence[Schedule]) -> Schedule:
    """Returns the schedule in force: an earlier one may be there, off, until its run ends."""
    return max(schedules, key=lambda each: (each.enabled, each.created))


def _pipeline_name(name: str) -> str:
    from pipeline.cli.options import default_use_case
    from pipeline.config.config_file import FILE_NAME
    from pipeline.config.loading import load_config

    folder = Path(name) if name else default_use_case()
    return load_config(folder).name if (folder / FILE_NAME).is_file() else name
