"""Version numbers of pushed models: which names are versions, and which number comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST = 2**63 - 1
_PARTIAL = ".partial"
_REMOVED = ".removed"
_ORIGIN = ".json"


def version_of(name: str) -> int | None:
    """Returns the version that a model server reads in a folder's name, or None.

    TensorFlow Serving's rule: the whole name is a number of 64 bits, leading zeros allowed.
    """
    if not (name.isascii() and name.isdigit()):
        return None
    number = int(name)
    return number if number <= _LARGEST else None


def next_version(used: Iterable[int], now: float) -> int:
    """Returns the number of a new version: the time, or one above the largest ever used.

    Args:
        used: Every version that exists or has an origin file.
        now: The time, in seconds since 1970.
    """
    return max(int(now), max(used, default=0) + 1)


def origin_name(version: int) -> str:
    """Returns the name of the file that tells where a version comes from."""
    return f"{version}{_ORIGIN}"


def version_of_origin(name: str) -> int | None:
    """Returns the version that an origin file's name belongs to, or None for another file."""
    return version_of(name[: -len(_ORIGIN)]) if name.endswith(_ORIGIN) else None


def partial_name(final_name: str) -> str:
    """Returns the name under which `final_name` is prepared; servers and readers pass it over."""
    return f".{final_name}{_PARTIAL}"


def final_name(name: str) -> str | None:
    """Returns what a partial name would have become, or None for a name of another kind."""
    if name.startswith(".") and name.endswith(_PARTIAL):
        return name[1 : -len(_PARTIAL)]
    return None


def removed_name(version: int) -> str:
    """Returns the name under which a version is deleted; servers and readers pass it over.

    It is no partial name: the origin of a version that is being deleted stays as its record.
    """
    return f".{version}{_REMOVED}"


def is_removed_name(name: str) -> bool:
    """Says whether a name is that of a version that is being deleted."""
    return name.startswith(".") and name.endswith(_REMOVED)
