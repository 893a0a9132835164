"""Which old versions go: never one that a server may be serving."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.pusher.errors import failed_removal
from components.pusher.files import FileSystem
from components.pusher.model_folder import read_origins, standing_versions
from components.pusher.placement import opened
from components.pusher.servers import ServerSilentError
from components.pusher.versions import removed_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retention:
    """What became of old versions.

    Attributes:
        removed: Versions that are gone now; their origin files stay as a record.
        note: Why versions beyond the number to keep are still there; empty if there are none.
    """

    removed: tuple[int, ...] = ()
    note: str = ""


def excess_versions(standing: Iterable[int], keep: int, protected: int) -> list[int]:
    """Returns the versions beyond the newest ones, oldest first.

    Args:
        standing: Versions that are there.
        keep: How many of the newest stay.
        protected: A version that stays in any case.
    """
    return [version for version in sorted(standing)[:-keep] if version != protected]


def remove_old_versions(
    folder: Path,
    keep: int,
    protected: int,
    served: Callable[[], Collection[int]] | None,
    *,
    files: FileSystem | None = None,
) -> Retention:
    """Removes all but the newest versions and those that a server reports.

    Versions without an origin file were not pushed by Tidemill: they neither count nor go. A
    failure is told in the note and not raised: it undoes no push.

    Args:
        folder: `<store>/<name>`, which exists.
        keep: How many of the newest stay.
        protected: The version just pushed.
        served: Asks every server which versions it has, and raises `ServerSilentError` if one
            does not tell; None if there is no server to ask.
        files: The file operations.
    """
    files = files or FileSystem()
    removed: list[int] = []
    try:
        excess = excess_versions(_pushed(folder), keep, protected)
        if not excess:
            return Retention()
        if served is None:
            return Retention(note=_kept(excess, "no server to ask is named in pusher.servers"))
        in_use = served()
        with opened(folder, files):
            excess = excess_versions(_pushed(folder), keep, protected)
            for version in (version for version in excess if version not in in_use):
                _remove(folder, version, files)
                removed.append(version)
    except ServerSilentError as error:
        return Retention(note=_kept(excess, str(error)))
    except OSError as error:
        _log.warning("removing old versions failed", exc_info=True)
        return Retention(tuple(removed), failed_removal(error, folder))
    return Retention(tuple(removed))


def _pushed(folder: Path) -> set[int]:
    return standing_versions(folder) & read_origins(folder).keys()


def _remove(folder: Path, version: int, files: FileSystem) -> None:
    """Takes a version from the servers' eyes in one step, then deletes it."""
    hidden = folder / removed_name(version)
    files.rename(folder / str(version), hidden)
    files.sync_folder(folder)
    files.remove(hidden)


def _kept(versions: Collection[int], why: str) -> str:
    count = "1 old version is" if len(versions) == 1 else f"{len(versions)} old versions are"
    return f"{count} kept, because {why}"
