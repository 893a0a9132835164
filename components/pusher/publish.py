"""Publishing a model: a version is visible whole, with its origin, or not at all."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from components.pusher.errors import PushError, failed_push
from components.pusher.files import FileSystem, copy_tree, ensure_folder
from components.pusher.fingerprint import fingerprint
from components.pusher.lock import exclusive
from components.pusher.origin import Origin, Provenance
from components.pusher.store import leftovers, read_origin, versions_used
from components.pusher.versions import next_version, origin_name, partial_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SAVED_MODEL = "saved_model.pb"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Publication:
    """A model in the store.

    Attributes:
        version: Its version.
        path: `<store>/<name>/<version>`.
        already: Whether an earlier push had put it there.
    """

    version: int
    path: Path
    already: bool


def publish(
    source: Path,
    folder: Path,
    provenance: Provenance,
    *,
    clock: Callable[[], float] = time.time,
    files: FileSystem | None = None,
) -> Publication:
    """Puts a SavedModel into a model's folder as its newest version.

    The copy is prepared under a name that servers pass over, synced, and renamed. The origin file
    gets its name first, so a visible version always has one. Whatever crashed pushes left behind
    is removed. A model that already stands there unharmed is not pushed again.

    Args:
        source: Folder of the SavedModel.
        folder: `<store>/<name>`; made if it does not exist.
        provenance: What to record beside the version.
        clock: Seconds since 1970.
        files: The file operations.

    Raises:
        PushError: Nothing was pushed; or the version is visible and whole but the disk did not
            confirm its name, in which case the next push finds it.
    """
    if not (source / _SAVED_MODEL).is_file():
        raise PushError(f"{source} holds no {_SAVED_MODEL}: it is no SavedModel", path=str(source))
    files = files or FileSystem()
    try:
        content = fingerprint(source)
        ensure_folder(folder, files)
        with exclusive(folder):
            for path in leftovers(folder):
                _log.info("removing %s, left behind by a push that crashed", path)
                files.remove(path)
            standing = _standing(folder, provenance.model_uri, content)
            if standing is not None:
                return Publication(standing, folder / str(standing), already=True)
            now = clock()
            origin = Origin(
                version=next_version(versions_used(folder), now),
                pushed_at=_iso(now),
                fingerprint=content,
                provenance=provenance,
            )
            return Publication(origin.version, _push(source, folder, origin, files), already=False)
    except OSError as error:
        raise failed_push(error, folder) from error


def _standing(folder: Path, model_uri: str, content: str) -> int | None:
    """Returns the newest version that is this very model, its files intact."""
    for version in sorted(versions_used(folder), reverse=True):
        path = folder / str(version)
        origin = read_origin(folder, version) if path.is_dir() else None
        if origin is None or origin.fingerprint != content:
            continue
        if origin.provenance.model_uri != model_uri:
            continue
        if fingerprint(path) == content:
            return version
        _log.warning("%s was changed after it was pushed", path)
    return None


def _push(source: Path, folder: Path, origin: Origin, files: FileSystem) -> Path:
    target = folder / str(origin.version)
    try:
        prepared = _prepare(source, folder, origin, files)
        _name_origin(folder, origin, files)
        files.rename(prepared, target)
    except BaseException:
        _discard(folder, files)
        raise
    files.sync_folder(folder)
    return target


def _prepare(source: Path, folder: Path, origin: Origin, files: FileSystem) -> Path:
    prepared = folder / partial_name(str(origin.version))
    copy_tree(source, prepared, files)
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


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")
