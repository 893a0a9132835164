"""`tidemill schedule`: runs a pipeline on Kubeflow again and again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from typing_extensions import override

from pipeline.cli.kubeflow_options import (
    Where,
    connection_to,
    experiment_option,
    param_option,
    parameters,
    where_options,
)
from pipeline.cli.options import json_option, set_option, span_option, use_case_argument
from pipeline.cli.schedule_actions import delete, list_command, pause, resume, run_now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from pipeline.config.kubeflow_section import KubeflowConfig
    from pipeline.kubeflow.client.connection import Connection
    from pipeline.kubeflow.client.schedule_plan import Plan, Schedule, Wanted
    from pipeline.kubeflow.client.schedule_timing import Timing
    from pipeline.kubeflow.compiled import CompiledPipeline

_DEFAULT = "set"
_HELP = frozenset({"-h", "--help"})


class _GroupWithDefault(click.Group):
    """Takes what names none of its commands for the arguments of one of them."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in _HELP):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)

    @override
    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return ["[USE_CASE] --cron EXPRESSION | --every INTERVAL", "| COMMAND ..."]


@click.command(_DEFAULT)
@use_case_argument
@click.option("--cron", metavar="EXPRESSION", help='Five fields, such as "0 3 * * *".')
@click.option("--every", metavar="INTERVAL", help="Such as 6h, 1d12h or 90m.")
@click.option(
    "--timezone",
    "zone",
    metavar="ZONE",
    help="Time zone of the times that are given. Default: kubeflow.cron_timezone, in which "
    "Kubeflow reads them.",
)
@click.option("--start", metavar="TIME", help="No run before it, such as 2026-12-01T06:00.")
@click.option("--end", metavar="TIME", help="No run after it.")
@set_option
@span_option
@param_option
@experiment_option
@where_options
@json_option
def set_command(
    use_case: Path,
    overrides: tuple[str, ...],
    where: Where,
    *,
    cron: str | None,
    every: str | None,
    zone: str | None,
    start: str | None,
    end: str | None,
    span: str | None,
    given: tuple[str, ...],
    experiment: str | None,
    as_json: bool,
) -> None:
    """Make the schedule of USE_CASE, or change it. The same again changes nothing.

    A pipeline has one schedule. Its runs never overlap, and times that pass while it is paused or
    while a run goes on are not caught up on, but for the last.
    """
    from datetime import datetime, timezone

    from pipeline.cli.compile import load_and_compile
    from pipeline.kubeflow.client.schedule_timing import check_that_it_runs, make_timing
    from pipeline.kubeflow.client.schedules import apply

    config, compiled = load_and_compile(use_case, overrides)
    values = parameters(config, compiled.parameters, given, span)
    timing = make_timing(cron, every, zone, start, end, config.kubeflow.cron_timezone)
    now = datetime.now(timezone.utc)
    check_that_it_runs(timing, now)
    with connection_to(config.kubeflow, where) as connection:
        wanted = _wanted(connection, compiled, config.kubeflow, experiment, values, timing, now)
        decided, made = apply(connection, wanted, now)
        left = _sweep(connection, decided.retire)
    if as_json:
        from pipeline.cli.schedule_lines import schedule_fields

        click.echo(json.dumps(schedule_fields(made, now)))
        return
    for line in _lines(decided, made, left, now):
        click.echo(line)


def _wanted(
    connection: Connection,
    compiled: CompiledPipeline,
    config: KubeflowConfig,
    experiment: str | None,
    values: dict[str, str],
    timing: Timing,
    now: datetime,
) -> Wanted:
    from pipeline.kubeflow.client.experiments import experiment_id
    from pipeline.kubeflow.client.schedule_plan import Wanted
    from pipeline.kubeflow.client.schedule_timing import trigger_of
    from pipeline.kubeflow.client.upload import upload

    version = upload(connection, compiled)
    return Wanted(
        name=compiled.name,
        pipeline_id=version.pipeline_id,
        version_id=version.version_id,
        experiment_id=experiment_id(connection, experiment or config.experiment or compiled.name),
        parameters=values,
        service_account=config.service_account or "",
        timing=timing,
        cron=trigger_of(timing, now).cron,
    )


def _sweep(connection: Connection, retired: Sequence[Schedule]) -> list[Schedule]:
    """Deletes schedules that were replaced; returns those of which a run goes on."""
    from pipeline.kubeflow.client.schedules import remove_drained

    return [schedule for schedule in retired if not remove_drained(connection, schedule)]


def _lines(decided: Plan, made: Schedule, left: Sequence[Schedule], now: datetime) -> Iterator[str]:
    assert made.timing is not None
    what = f"{made.name}: schedule {made.timing.in_words()}"
    if decided.keep:
        yield f"{what} is as it should be"
    else:
        yield f"{what} {'replaces the earlier one' if decided.retire else 'made'}"
    if not made.enabled:
        yield f"it is paused; `tidemill schedule resume {made.name}` turns it on"
    from pipeline.cli.schedule_lines import clock_lines, next_times_of

    for moment in next_times_of(made, now):
        yield f"  next: {moment}"
    yield from clock_lines(made.timing, now)
    for other in left:
        yield (
            f"the earlier schedule {other.schedule_id} is off; a run of it goes on, so it is "
            "deleted by the next `tidemill schedule` after that"
        )


@click.group(cls=_GroupWithDefault)
def schedule() -> None:
    """Run a pipeline on Kubeflow again and again.

    `tidemill schedule taxi --cron "0 3 * * *"` or `--every 6h` makes the schedule, or moves it to
    what the use case is now; `tidemill schedule set --help` has the rest. A run that finds nothing
    new ends soon and pushes nothing.
    """


for _command in (set_command, list_command, pause, resume, delete, run_now):
    schedule.add_command(_command)
