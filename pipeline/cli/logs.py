"""`tidemill logs`: shows the log of a node."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pipeline.cli.kubeflow_options import Where, connection_to, kubeflow_config, where_options
from pipeline.cli.options import home_option
from pipeline.places import is_run_id

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.places import RunFolder


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="[RUN] NODE")
@click.option("--run", "run_id", metavar="ID", help="A run of this home; by default the latest.")
@home_option
@where_options
def logs(names: tuple[str, ...], run_id: str | None, home: Path, where: Where) -> int:
    """Prints what NODE wrote in a run: its own output, TensorFlow's and Beam's.

    RUN is a run of this home or, with another form of id, one on Kubeflow: an id, the beginning of
    one, a name or latest. There, NODE may also be a task.
    """
    import shutil

    *runs, node = names
    if len(runs) > 1 or (runs and run_id is not None):
        raise click.UsageError("give one run and one node")
    if runs and not is_run_id(runs[0]):
        return _kubeflow_logs(runs[0], node, where)
    where.refuse_without("a run on Kubeflow, as in `tidemill logs latest NODE`")
    folder = _folder(home, runs[0] if runs else run_id)
    known = sorted(path.stem for path in folder.logs.glob("*.log"))
    if node not in known:
        _refuse(node, folder, known)
    with folder.log(node).open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    return 0


def _kubeflow_logs(run: str, node: str, where: Where) -> int:
    from pipeline.kubeflow.client.inspection import read_node_log
    from pipeline.kubeflow.client.runs import find_run, get_run

    config = kubeflow_config()
    with connection_to(config, where) as connection:
        its = get_run(connection, find_run(connection, run))
        log = read_node_log(connection, its, node, where.namespace or config.namespace)
        click.echo(log, nl=False)
    return 0


def _folder(home: Path, run_id: str | None) -> RunFolder:
    from pipeline.errors import UsageError
    from pipeline.places import Home
    from pipeline.runs import list_runs

    runs = [record.run_id for record in list_runs(Home(home))]
    if not runs:
        raise UsageError(f"no runs in {home}; start one with `tidemill run`, or give --home")
    if run_id is not None and run_id not in runs:
        raise UsageError(f"no run {run_id} in {home}; `tidemill status` lists them")
    folder = Home(home).run(run_id or runs[-1])
    if not folder.logs.exists():
        raise UsageError(f"the logs of run {folder.run_id} were removed with older runs' outputs")
    return folder


def _refuse(node: str, folder: RunFolder, names: list[str]) -> None:
    import difflib

    from pipeline.errors import UsageError

    nearest = difflib.get_close_matches(node, names, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]}?" if nearest else f"there are: {', '.join(names)}"
    raise UsageError(f"run {folder.run_id} has no log of {node}; {hint}")
