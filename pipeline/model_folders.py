"""Where pushed models are: the use case's configuration may name a store outside of the home."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.runs import readable_records, run_folders

if TYPE_CHECKING:
    from pipeline.places import Home


def model_folders(home: Home, model_store: Path | None = None) -> dict[str, Path]:
    """Returns the folder `<store>/<name>` of each model that has a version to serve, by name.

    A model is in the store to which the latest run pushed it; one that no run pushed, in the home.

    Args:
        home: Whose runs are asked.
        model_store: A store to look into instead.

    Raises:
        OSError: A folder cannot be read.
    """
    folders = _folders_in(model_store or home.models)
    if model_store is None:
        for record in readable_records(run_folders(home)):
            if record.pushed_version and record.model_store:
                folders[record.pipeline] = Path(record.model_store) / record.pipeline
    return {name: folder for name, folder in sorted(folders.items()) if _has_versions(folder)}


def _folders_in(store: Path) -> dict[str, Path]:
    return {path.name: path for path in store.iterdir()} if store.is_dir() else {}


def _has_versions(folder: Path) -> bool:
    from serving.server.versions import find_versions

    return folder.is_dir() and bool(find_versions(folder))
