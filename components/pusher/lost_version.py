"""Bringing back the version in force where the model store has lost it, also after a rollback."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from components.pusher.errors import PushError, failed_push
from components.pusher.files import FileSystem, ensure_folder
from components.pusher.fingerprint import fingerprint
from components.pusher.model_folder import standing_versions
from components.pusher.placement import opened
from components.pusher.publish import Publication, place_newest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from components.pusher.origin import Origin


def lost_version(folder: Path, remembered: Collection[Origin]) -> Origin | None:
    """Returns the origin of the version in force, if it is no longer the newest in the store.

    The store cannot tell by itself: where it was deleted, or set back to an older state, its own
    newest version may be one that was rolled back.

    Args:
        folder: `<store>/<name>`, which need not exist.
        remembered: Origins of versions that were pushed, the latest of all among them.

    Raises:
        PushError: The folder cannot be read.
    """
    latest = max(remembered, key=lambda origin: origin.version, default=None)
    try:
        return None if latest is None or _is_in_force(folder, latest) else latest
    except OSError as error:
        raise failed_push(error, folder) from error


def bring_back(
    source: Path | None,
    folder: Path,
    latest: Origin,
    *,
    clock: Callable[[], float] = time.time,
    files: FileSystem | None = None,
) -> Publication | None:
    """Pushes the model in force again, as a new version.

    Args:
        source: Folder of that model's SavedModel; None if it is gone.
        folder: `<store>/<name>`; made if it does not exist.
        latest: Origin of the version in force, from `lost_version`.
        clock: Seconds since 1970.
        files: The file operations.

    Returns:
        The new version; None if the model in force, or a newer one, is the newest by now.

    Raises:
        PushError: The version is lost, and so is its model; or as `publish` raises it.
    """
    files = files or FileSystem()
    try:
        ensure_folder(folder, files)
        with opened(folder, files):
            if _is_in_force(folder, latest):
                return None
            if source is None or fingerprint(source) != latest.fingerprint:
                raise PushError(
                    f"version {latest.version} of {folder.name} is gone from {folder}, and so is "
                    f"the model that it came from, {latest.provenance.model_uri}; older ones are "
                    "not pushed in its place: train another one",
                    path=str(folder),
                )
            done = place_newest(source, folder, latest, clock(), files)
            return replace(done, replaces=latest.version)
    except OSError as error:
        raise failed_push(error, folder) from error


def _is_in_force(folder: Path, latest: Origin) -> bool:
    newest = max(standing_versions(folder), default=0) if folder.is_dir() else 0
    if newest > latest.version:
        return True
    return newest > 0 and fingerprint(folder / str(newest)) == latest.fingerprint
