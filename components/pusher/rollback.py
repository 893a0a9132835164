"""Rolling back: an older version's model becomes the newest version once more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.pusher.errors import RollbackError, failed_push
from components.pusher.files import FileSystem
from components.pusher.fingerprint import fingerprint
from components.pusher.model_folder import read_origins, standing_versions, versions_used
from components.pusher.origin import Origin
from components.pusher.placement import iso_time, opened, place
from components.pusher.version_history import from_newest
from components.pusher.versions import next_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path


@dataclass(frozen=True)
class Rollback:
    """An older model that is the newest version.

    Attributes:
        origin: Origin of the newest version.
        already: Whether it was the newest before.
    """

    origin: Origin
    already: bool


def roll_back(
    folder: Path,
    version: int | None = None,
    *,
    clock: Callable[[], float] = time.time,
    files: FileSystem | None = None,
) -> Rollback:
    """Publishes an older version's files as a new version, and records where it comes from.

    Servers serve the greatest number, so going back is going forward with an older model. The new
    version's files are links to the older one's: it needs no space, also when the disk is full.

    Args:
        folder: `<store>/<name>`, which exists.
        version: The version to restore; None is the one before the newest, among those that were
            not themselves rolled back.
        clock: Seconds since 1970.
        files: The file operations.

    Returns:
        What is the newest version now. Where that is the wished model already, nothing is done.

    Raises:
        RollbackError: There is no such version, or it is not what was once pushed.
        PushError: A file operation failed; nothing changed, or the new version is visible and
            whole but the disk did not confirm its name.
    """
    files = files or FileSystem()
    try:
        with opened(folder, files):
            standing = standing_versions(folder)
            origins = read_origins(folder)
            target = _checked(version, standing, origins)
            newest = max(standing)
            if _is_the_same(folder, newest, target, origins):
                return Rollback(origins[newest], already=True)
            _check_intact(folder, target, origins[target])
            origin = _restoring(origins[target], versions_used(folder), newest, clock())
            place(folder / str(target), folder, origin, files, files.link_file)
            return Rollback(origin, already=False)
    except RollbackError as error:
        raise RollbackError(f"{folder.name}: {error}", path=str(folder)) from error
    except OSError as error:
        raise failed_push(error, folder, "nothing was rolled back in") from error


def version_before_newest(standing: AbstractSet[int], origins: Mapping[int, Origin]) -> int:
    """Returns the version that was the newest before the one that is.

    What was rolled back is passed over, and so is what has the same files as the newest.

    Args:
        standing: Versions that are there.
        origins: Origins of all versions ever pushed.

    Raises:
        RollbackError: There is none.
    """
    newest = max(standing, default=0)
    its_content = origins[newest].fingerprint if newest in origins else None
    others = {v for v in standing & origins.keys() if origins[v].fingerprint != its_content}
    history = from_newest({version: origin.restores for version, origin in origins.items()})
    for version in history:
        if version in others and version < newest:
            return version
    if others:
        raise _refused(
            f"nothing that was pushed before version {newest} is there to go back to, except what "
            "was rolled back; name a version to restore that: "
            f"{', '.join(map(str, sorted(others)))}"
        )
    raise _refused(f"version {newest} is the only model there, so there is nothing to go back to")


def _checked(version: int | None, standing: AbstractSet[int], origins: Mapping[int, Origin]) -> int:
    """Returns the version to restore, which stands and has an origin."""
    if version is None:
        return version_before_newest(standing, origins)
    if version not in standing:
        gone = "has been removed" if version in origins else "does not exist"
        there = ", ".join(map(str, sorted(standing))) or "none"
        raise _refused(f"version {version} {gone}; there are: {there}")
    if version not in origins:
        raise _refused(
            f"version {version} has no readable origin file {version}.json, so that nobody can "
            "tell whether it is what was pushed; choose another"
        )
    return version


def _is_the_same(folder: Path, newest: int, target: int, origins: Mapping[int, Origin]) -> bool:
    if newest not in origins or origins[newest].fingerprint != origins[target].fingerprint:
        return False
    return newest == target or fingerprint(folder / str(newest)) == origins[newest].fingerprint


def _check_intact(folder: Path, version: int, origin: Origin) -> None:
    if fingerprint(folder / str(version)) != origin.fingerprint:
        raise _refused(
            f"the files of version {version} were changed after it was pushed; choose another"
        )


def _restoring(restored: Origin, used: AbstractSet[int], newest: int, now: float) -> Origin:
    return Origin(
        version=next_version(used, now),
        pushed_at=iso_time(now),
        fingerprint=restored.fingerprint,
        provenance=restored.provenance,
        restores=restored.version,
        rolled_back_from=newest,
    )


def _refused(message: str) -> RollbackError:
    return RollbackError(message, path="")
