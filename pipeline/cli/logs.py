"""`tidemill logs`: shows the log of a node."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import home_option

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.places import RunFolder


@click.command()
@click.argument("node")
@click.option("--run", "run_id", metavar="ID", help="The run; by default the latest.")
@home_option
def logs(node: str, run_id: str | None, home: Path) -> int:
    """Prints what NODE wrote in a run: its own output, TensorFlow's and Beam's."""
    import shutil

    folder = _folder(home, run_id)
    names = sorted(path.stem for path in folder.logs.glob("*.log"))
    if node not in names:
        _refuse(node, folder, names)
    with folder.log(node).open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
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
