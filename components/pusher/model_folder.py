"""What a model's folder in the model store holds: versions, their origins, and leftovers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from components.pusher.origin import Origin
from components.pusher.versions import (
    final_name,
    is_removed_name,
    origin_name,
    version_of,
    version_of_origin,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_log = logging.getLogger(__name__)


def versions_used(folder: Path) -> set[int]:
    """Returns every number that was given to a version of the model, gone ones included."""
    names = [path.name for path in folder.iterdir()]
    numbers = [version_of(name) for name in names] + [version_of_origin(name) for name in names]
    return {number for number in numbers if number is not None}


def standing_versions(folder: Path) -> set[int]:
    """Returns the versions that a model server sees."""
    numbers = [version_of(path.name) for path in folder.iterdir() if path.is_dir()]
    return {number for number in numbers if number is not None}


def read_origins(folder: Path) -> dict[int, Origin]:
    """Returns where each version comes from that was ever pushed, newest first.

    Raises:
        OSError: An origin file cannot be read.
    """
    origins = {v: read_origin(folder, v) for v in sorted(versions_used(folder), reverse=True)}
    return {version: origin for version, origin in origins.items() if origin is not None}


def read_origin(folder: Path, version: int) -> Origin | None:
    """Returns where a version comes from, or None if that is not recorded.

    Raises:
        OSError: The origin file cannot be read.
    """
    path = folder / origin_name(version)
    if not path.exists():
        return None
    try:
        return Origin.from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        _log.warning("%s is passed over: %s", path, error)
        return None


def leftovers(folder: Path) -> Iterator[Path]:
    """Yields what crashed pushes and removals left behind, in an order in which it can be removed.

    A push gives the origin its final name just before the version. So an origin without its
    version is a leftover if the prepared version still lies beside it; and it goes first, because
    a removal may be interrupted too. An origin alone belongs to a version removed on purpose.
    """
    for path in sorted(folder.iterdir()):
        name = final_name(path.name)
        if name is not None:
            version = version_of(name)
            if version is not None and not (folder / name).exists():
                yield folder / origin_name(version)
            yield path
        elif is_removed_name(path.name):
            yield path
