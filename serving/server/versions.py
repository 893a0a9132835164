"""Which folders of a base path are versions, and which of them should be served."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_VERSION = 2**63 - 1


def parse_version(name: str) -> int | None:
    """Returns the version that a folder's name stands for, or None if it is not a version.

    A version is written in digits only; leading zeros count for nothing.
    """
    if not (name.isascii() and name.isdigit()):
        return None
    version = int(name)
    return version if version <= MAX_VERSION else None


def find_versions(base_path: Path) -> dict[int, Path]:
    """Returns the version folders under a base path; of two names for one number the first wins.

    Raises:
        OSError: The base path cannot be read.
    """
    versions: dict[int, Path] = {}
    for child in sorted(base_path.iterdir()):
        version = parse_version(child.name)
        if version is not None and child.is_dir():
            versions.setdefault(version, child)
    return versions


def latest(versions: Iterable[int]) -> frozenset[int]:
    """Returns the versions that the policy "latest 1" wants to serve: the greatest, or none."""
    numbers = tuple(versions)
    return frozenset({max(numbers)}) if numbers else frozenset()
