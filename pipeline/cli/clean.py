"""`tidemill clean`: removes outputs of older runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.kubeflow_options import Where, connection_to, where_options
from pipeline.cli.options import home_option, set_option, use_case_argument

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.config.models import PipelineConfig
    from pipeline.retention.cleaning import Plan

_UNIT = 1000
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@click.command()
@use_case_argument
@set_option
@home_option
@click.option(
    "--keep-runs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Runs of each outcome to keep; by default pipeline.keep_runs of the configuration.",
)
@click.option("--dry-run", is_flag=True, help="Print what would go, and stop.")
@click.option("--kubeflow", is_flag=True, help="Delete runs of the pipeline from Kubeflow instead.")
@where_options
def clean(
    use_case: Path,
    overrides: tuple[str, ...],
    home: Path,
    where: Where,
    *,
    keep_runs: int | None,
    dry_run: bool,
    kubeflow: bool,
) -> int:
    """Removes what runs of USE_CASE left behind and nothing needs any more.

    The newest runs of each outcome keep their outputs and logs, and with them what they used
    through the cache. Pushed models stay, and what is known of them; so does the data of the spans
    in the window. Records of runs stay, so that `tidemill status` goes on listing them. What killed
    runs left half done goes in any case.

    With --kubeflow: what Kubeflow keeps of runs, their logs and pods, goes; the newest of each
    outcome and those that go on stay. Outputs and models are not touched.
    """
    from pipeline.config.loading import load_config
    from pipeline.config.paths import resolve_model_store
    from pipeline.config.spans import spans_in_window
    from pipeline.home_lock import locked
    from pipeline.metadata.local_file import check_metadata
    from pipeline.metadata.local_store import open_local
    from pipeline.places import Home
    from pipeline.push_record import record_unrecorded
    from pipeline.retention.cleaning import carry_out, plan
    from pipeline.use_case import UseCase

    case = UseCase.open(use_case)
    config = load_config(case.folder, overrides)
    if kubeflow:
        return _clean_kubeflow(config, where, keep_runs, dry_run=dry_run)
    place = Home(home)
    if not place.metadata.exists():
        click.echo(f"no runs in {home}; nothing to remove")
        return 0
    with locked(place):
        check_metadata(place.metadata)
        with open_local(place.metadata, write=True) as store:
            # Retention keeps the models of pushes that ML Metadata knows.
            models = resolve_model_store(config, case.folder, place.root) / config.name
            record_unrecorded(store, models, str(place.artifacts / config.name))
            count = keep_runs or config.pipeline.keep_runs
            window = spans_in_window(config, case.folder)
            decided = plan(store, place, config.name, count, window)
            if not dry_run:
                carry_out(store, decided)
    for line in _lines(decided, dry_run=dry_run):
        click.echo(line)
    return 0


def _clean_kubeflow(
    config: PipelineConfig, where: Where, keep_runs: int | None, *, dry_run: bool
) -> int:
    from pipeline.errors import UsageError
    from pipeline.kubeflow.client.cleaning import old_runs
    from pipeline.kubeflow.client.runs import delete_run

    keep = keep_runs or config.pipeline.keep_runs
    if keep is None:
        raise UsageError("how many runs are to stay? give --keep-runs, or set pipeline.keep_runs")
    with connection_to(config.kubeflow, where) as connection:
        runs = old_runs(connection, config.name, keep)
        for run in runs:
            if not dry_run:
                delete_run(connection, run.run_id)
            click.echo(f"{run.run_id}  {run.name}  {run.state.lower()}")
    verb = "would delete" if dry_run else "deleted"
    count = f"{len(runs)} {'run' if len(runs) == 1 else 'runs'}"
    click.echo(f"{verb} {count} from Kubeflow" if runs else "nothing to delete on Kubeflow")
    return 0


def _lines(decided: Plan, *, dry_run: bool) -> Iterable[str]:
    waste = [*decided.outputs, *decided.remnants]
    if dry_run:
        yield from (f"{in_units(each.size):>10}  {each.path}" for each in waste)
    verb = "would remove" if dry_run else "removed"
    count = f"{len(waste)} {'item' if len(waste) == 1 else 'items'}"
    yield f"{verb} {count}, {in_units(decided.size)}" if waste else "nothing to remove"


def in_units(size: int) -> str:
    """Returns a number of bytes as people read it: `12.3 MB`."""
    value, unit = float(size), _UNITS[0]
    for larger in _UNITS[1:]:
        if value < _UNIT:
            break
        value, unit = value / _UNIT, larger
    return f"{size} {unit}" if unit == _UNITS[0] else f"{value:.1f} {unit}"
