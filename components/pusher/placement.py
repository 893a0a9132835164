"""Placing a version into a model's folder: visible whole, with its origin, or not at all."""

from __future__ import annotations

import contextlib
import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from components.pusher.errors import PushError
from components.pusher.files import copy_tree
from components.pusher.fingerprint import fingerprint
from components.pusher.lock import exclusive
from components.pusher.model_folder import leftovers
from components.pusher.versions import origin_name, partial_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from components.pusher.files import FileSystem
    from components.pusher.origin import Origin

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def opened(folder: Path, files: FileSystem) -> Iterator[None]:
    """Holds a model's folder against other changes, without what crashed ones left behind.

    Args:
        folder: `<store>/<name>`, which exists.
        files: The file operations.

    Raises:
        OSError: The folder cannot be locked, or something in it not removed.
    """
    with exclusive(folder):
        for path in leftovers(folder):
            _log.info("removing %s, left behind by a process that crashed", path)
            files.remove(path)
        yield


def place(
    source: Path,
    folder: Path,
    origin: Origin,
    files: FileSystem,
    transfer: Callable[[Path, Path], None] | None = None,
) -> Path:
    """Makes a folder's content the version that `origin` tells about. The folder is `opened`.

    The copy is prepared under a name that servers pass over, synced, and renamed. The origin file
    gets its name first, so a visible version always has one.

    Args:
        source: Folder of the SavedModel.
        folder: `<store>/<name>`.
        origin: What to record beside the version; `source` has its fingerprint.
        files: The file operations.
        transfer: How one file gets there; by default it is copied.

    Returns:
        The version's folder.

    Raises:
        PushError: The source no longer has the fingerprint.
        OSError: A file operation failed. Nothing is visible; or, if it was the last, the version
            is visible and whole but the disk did not confirm its name.
    """
    target = folder / str(origin.version)
    try:
        prepared = _prepare(source, folder, origin, files, transfer)
        _name_origin(folder, origin, files)
        files.rename(prepared, target)
    except BaseException:
        _discard(folder, files)
        raise
    files.sync_folder(folder)
    return target


def iso_time(seconds: float) -> str:
    """Returns a time as origins have it: UTC, ISO 8601 to the second.

    Args:
        seconds: Seconds since 1970.
    """
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


def _prepare(
    source: Path,
    folder: Path,
    origin: Origin,
    files: FileSystem,
    transfer: Callable[[Path, Path], None] | None,
) -> Path:
    prepared = folder / partial_name(str(origin.version))
    copy_tree(source, prepared, files, transfer)
    if fingerprint(prepared) != origin.fingerprint:
        raise PushError(f"{source} changed while it was being pushed", path=str(source))
    return prepared


def _name_origin(folder: Path, origin: Origin, files: FileSystem) -> None:
    name = origin_name(origin.version)
    prepared = folder / partial_name(name)
    files.write_file(prepared, origin.to_json())
    files.rename(prepared, folder / name)
    files.sync_folder(folder)


def _discard(folder: Path, files: FileSystem) -> None:
    """Removes what a failed push prepared. What cannot be removed waits for the next push."""
    try:
        for path in leftovers(folder):
            files.remove(path)
    except OSError as error:
        _log.warning("leaving parts of a failed push in %s to the next one: %s", folder, error)
