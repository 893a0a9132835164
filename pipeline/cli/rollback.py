"""`tidemill rollback`: makes an older version of a model the newest again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.options import home_option, model_store_option

if TYPE_CHECKING:
    from pathlib import Path

    from components.pusher.origin import Origin
    from pipeline.places import Home


@click.command()
@click.argument("model")
@click.argument("version", type=int, required=False)
@home_option
@model_store_option
def rollback(model: str, version: int | None, home: Path, model_store: Path | None) -> int:
    """Serve an older VERSION of MODEL again.

    Its files become a new version, the newest, which servers pick up; the next run compares its
    model with this one. Without VERSION: the one that was the newest before, leaving out what was
    rolled back.
    """
    from components.pusher.errors import PushError, RollbackError
    from components.pusher.rollback import roll_back
    from pipeline.errors import TidemillError, UsageError
    from pipeline.places import Home

    folder = _model_folder(Home(home), model_store, model)
    try:
        done = roll_back(folder, version)
    except RollbackError as error:
        raise UsageError(str(error), *_versions(folder)) from error
    except PushError as error:
        raise TidemillError(str(error)) from error
    _tell(model, done.origin, already=done.already)
    _record(Home(home), folder)
    return 0


def _model_folder(home: Home, model_store: Path | None, model: str) -> Path:
    from pipeline.errors import UsageError
    from pipeline.model_folders import model_folders

    folders = model_folders(home, model_store)
    if model not in folders:
        place = model_store or home.root
        known = f"it holds {', '.join(folders)}" if folders else "`tidemill run` pushes one"
        raise UsageError(f"there is no model {model} in {place}; {known}, or give --model-store")
    return folders[model]


def _tell(model: str, origin: Origin, *, already: bool) -> None:
    if already:
        click.echo(f"{model}: version {origin.version} is the newest, with that very model")
        return
    click.echo(
        f"{model}: version {origin.version} is the newest now; it restores version "
        f"{origin.restores}, rolled back from {origin.rolled_back_from}"
    )


def _record(home: Home, folder: Path) -> None:
    """Records the rollback in ML Metadata at once: the model store may be lost before a run."""
    from pipeline.push_record import NotRecordedError, record_in_home

    try:
        record_in_home(home, folder)
    except NotRecordedError as error:
        click.echo(
            f"tidemill: the rollback is not in ML Metadata yet, because {error}; the next run that "
            f"pushes to {folder.parent} records it",
            err=True,
        )


def _versions(folder: Path) -> list[str]:
    """Returns one line for each version that can be restored, newest first."""
    from components.pusher.model_folder import read_origins, standing_versions

    standing = standing_versions(folder)
    origins = {v: o for v, o in read_origins(folder).items() if v in standing}
    return [_line(origin, newest=version == max(standing)) for version, origin in origins.items()]


def _line(origin: Origin, *, newest: bool) -> str:
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in origin.provenance.metrics.items())
    parts = [
        f"{origin.version}: pushed {origin.pushed_at}",
        f"run {origin.provenance.run_id}",
        *([f"restores {origin.restores}"] if origin.restores is not None else []),
        *([metrics] if metrics else []),
        *(["the newest"] if newest else []),
    ]
    return "; ".join(parts)
