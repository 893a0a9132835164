"""The content of a folder as one short text."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK_BYTES = 1 << 20


def walk(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yields a folder and those below it, each with its files' names, in a fixed order.

    Links are followed: a version in the store must not depend on files elsewhere.

    Raises:
        OSError: A folder cannot be listed.
    """
    for parent, folders, files in os.walk(folder, followlinks=True, onerror=_raise):
        folders.sort()
        yield Path(parent), sorted(files)


def fingerprint(folder: Path) -> str:
    """Returns a SHA-256 of the names and contents of all files under a folder.

    Raises:
        OSError: Something below cannot be read.
    """
    digest = hashlib.sha256()
    for parent, names in walk(folder):
        for path in (parent / name for name in names):
            name = path.relative_to(folder).as_posix().encode()
            digest.update(b"%d:%s:%d:" % (len(name), name, path.stat().st_size))
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
    return digest.hexdigest()


def _raise(error: OSError) -> None:
    raise error
