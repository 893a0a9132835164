"""Which pushed version came before which, a rollback undoing what was pushed meanwhile.

After versions 1 and 2, and 3 that restores 1, the model in force is that of 1, and what came
before it is what came before 1: nothing. Version 2 is out of the history.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def from_newest(restores: Mapping[int, int | None]) -> Iterator[int]:
    """Yields the versions in force, one after the other, from the newest back.

    Args:
        restores: Every version ever pushed, with the version that it restores, or None where it
            is no rollback.
    """
    versions = sorted(restores)
    before = len(versions)
    while before:
        version = versions[before - 1]
        yield version
        before = bisect_left(versions, _first_pushed_as(version, restores))


def _first_pushed_as(version: int, restores: Mapping[int, int | None]) -> int:
    """Returns the version with which the model of a version came into the history."""
    while (restored := restores.get(version)) is not None and restored < version:
        version = restored
    return version
