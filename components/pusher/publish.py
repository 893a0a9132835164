"""Publishing a model: once, and as a version that is visible whole or not at all."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from components.pusher.errors import PushError, failed_push
from components.pusher.files import FileSystem, ensure_folder
from components.pusher.fingerprint import fingerprint
from components.pusher.model_folder import read_origins, standing_versions, versions_used
from components.pusher.origin import Origin, Provenance
from components.pusher.placement import iso_time, opened, place
from components.pusher.span_order import OlderSpan, older_than_in_force
from components.pusher.version_history import from_newest
from components.pusher.versions import next_version

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

_SAVED_MODEL = "saved_model.pb"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Publication:
    """A model that was pushed.

    Attributes:
        origin: What is recorded of its version.
        path: `<store>/<name>/<version>`.
        already: Whether an earlier push had put it there.
        newest: The newest version in the store, which servers serve.
        stands: Whether the version is there; one that a newer one followed may have been removed.
        rolled_back: Whether a rollback took it out of the history.
        replaces: The version that was lost from the store and that this one brings back.
    """

    origin: Origin
    path: Path
    already: bool
    newest: int
    stands: bool = True
    rolled_back: bool = False
    replaces: int | None = None

    @property
    def version(self) -> int:
        """Its version."""
        return self.origin.version


def publish(
    source: Path,
    folder: Path,
    provenance: Provenance,
    remembered: Collection[Origin] = (),
    *,
    older_span: bool = False,
    clock: Callable[[], float] = time.time,
    files: FileSystem | None = None,
) -> Publication | OlderSpan:
    """Puts a SavedModel into a model's folder as its newest version, unless it was once before.

    A model is pushed again only where its version was the newest and is gone or damaged. One that
    a newer version followed is not: it would undo a rollback, or a newer model. Nor is one whose
    data ends before that of the version in force: runs on new data would go on finding the newer
    model pushed already, and the older one would stay in force.

    Args:
        source: Folder of the SavedModel.
        folder: `<store>/<name>`; made if it does not exist.
        provenance: What to record beside the version.
        remembered: Origins of versions that were pushed, also where the store has lost them.
        older_span: Whether to push it even so.
        clock: Seconds since 1970.
        files: The file operations.

    Returns:
        Where the model stands; or what makes it older than the version in force.

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
        with opened(folder, files):
            earlier = _pushed_earlier(folder, provenance.model_uri, content, remembered)
            if earlier is not None:
                return earlier
            older = None if older_span else older_than_in_force(folder, provenance)
            if older is not None:
                return older
            return place_newest(source, folder, Origin(0, "", content, provenance), clock(), files)
    except OSError as error:
        raise failed_push(error, folder) from error


def place_newest(
    source: Path, folder: Path, origin: Origin, now: float, files: FileSystem
) -> Publication:
    """Makes a model the newest version, with the origin given but for its number and time.

    Args:
        source: Folder of the SavedModel.
        folder: `<store>/<name>`, which is `opened`.
        origin: Its number is below the new version's.
        now: Seconds since 1970.
        files: The file operations.

    Raises:
        PushError: As `place` raises it.
        OSError: Likewise.
    """
    version = next_version({*versions_used(folder), origin.version}, now)
    origin = replace(origin, version=version, pushed_at=iso_time(now))
    path = place(source, folder, origin, files)
    return Publication(origin, path, already=False, newest=version)


def _pushed_earlier(
    folder: Path, model_uri: str, content: str, remembered: Collection[Origin]
) -> Publication | None:
    """Returns the newest version of this very model, or None if it has to be pushed."""
    known = {origin.version: origin for origin in remembered} | read_origins(folder)
    origins = dict(sorted(known.items(), reverse=True))
    version = next((v for v, o in origins.items() if o.is_of(model_uri, content)), None)
    if version is None:
        return None
    path = folder / str(version)
    newest = max(standing_versions(folder), default=version)
    intact = path.is_dir() and fingerprint(path) == content
    if not intact and newest <= version:
        if path.is_dir():
            _log.warning("%s was changed after it was pushed", path)
        return None
    history = from_newest({v: origin.restores for v, origin in origins.items()})
    return Publication(
        origins[version],
        path,
        already=True,
        newest=newest,
        stands=intact,
        rolled_back=version not in history,
    )
