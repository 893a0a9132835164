"""Which folders of a base path are versions, and which of them should be served."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

MAX_VERSION = 2**63 - 1
_NUMBER = re.compile(r"[0-9]+")


class VersionPolicy(Protocol):
    """Chooses the versions to serve."""

    def select(self, versions: Collection[int]) -> frozenset[int]:
        """Returns those of the versions in the base path that should be served."""


@dataclass(frozen=True)
class Latest:
    """The greatest versions, at least one of them."""

    count: int = 1

    def select(self, versions: Collection[int]) -> frozenset[int]:
        """Returns the greatest `count` versions."""
        return frozenset(sorted(versions, reverse=True)[: max(self.count, 1)])


@dataclass(frozen=True)
class All:
    """Every version."""

    def select(self, versions: Collection[int]) -> frozenset[int]:
        """Returns all versions."""
        return frozenset(versions)


@dataclass(frozen=True)
class Specific:
    """The versions that are named."""

    versions: frozenset[int]

    def select(self, versions: Collection[int]) -> frozenset[int]:
        """Returns those of the named versions that are there."""
        return self.versions.intersection(versions)


def parse_version(name: str) -> int | None:
    """Returns the version that a folder's name stands for, or None if it is not a version.

    A version is written in digits only; leading zeros count for nothing.
    """
    if not _NUMBER.fullmatch(name):
        return None
    digits = name.lstrip("0")
    # The length first: Python refuses to convert a number of thousands of digits.
    if len(digits) > len(str(MAX_VERSION)):
        return None
    version = int(digits or "0")
    return version if version <= MAX_VERSION else None


def find_versions(base_path: Path) -> dict[int, Path]:
    """Returns the version folders under a base path; of two names for one number the first wins.

    Raises:
        OSError: The base path cannot be read.
    """
    return {version: folders[0] for version, folders in version_folders(base_path).items()}


def version_folders(base_path: Path) -> dict[int, list[Path]]:
    """Returns all folders of each version under a base path, in the order of their names.

    Raises:
        OSError: The base path cannot be read.
    """
    versions: dict[int, list[Path]] = {}
    for child in sorted(base_path.iterdir()):
        version = parse_version(child.name)
        if version is not None and child.is_dir():
            versions.setdefault(version, []).append(child)
    return versions


def remarks(policy: VersionPolicy, versions: Mapping[int, Sequence[Path]]) -> frozenset[str]:
    """Returns what whoever pushes models should know of their folders.

    Args:
        policy: Which versions are wanted.
        versions: What `version_folders` found.
    """
    ignored = [
        f"version {version} is loaded from {first}, and {other} is ignored"
        for version, (first, *others) in versions.items()
        for other in others
    ]
    named = policy.versions if isinstance(policy, Specific) else frozenset[int]()
    missing = [
        f"version {version}, which the version policy names, is not there"
        for version in named - versions.keys()
    ]
    return frozenset(ignored + missing)
