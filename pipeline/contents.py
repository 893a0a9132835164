"""What an artifact's folder held when its node published it, kept with the artifact.

TFX's cache counts an artifact as there if its folder is, even when the files in it were removed, or
were lost by a power failure that came after the commit to ML Metadata.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES = "file_count"
_BYTES = "file_bytes"


class Contents(NamedTuple):
    """How many files a folder holds, at any depth, and their bytes together."""

    files: int
    size: int


def contents_of(path: Path) -> Contents:
    """Returns what lies under a folder; a file counts as itself, nothing as nothing."""
    sizes = [_size(file) for file in _files_under(path)]
    return Contents(len(sizes), sum(sizes))


def record_contents(artifact: Any) -> None:
    """Writes into an artifact's properties what its folder holds.

    Args:
        artifact: The `ml_metadata` message of an output that is about to be published. One that
            lies elsewhere than in a folder of this machine is left as it is.
    """
    path = local_path(artifact.uri)
    if path is not None:
        files, size = contents_of(path)
        artifact.custom_properties[_FILES].int_value = files
        artifact.custom_properties[_BYTES].int_value = size


def is_intact(artifact: Any) -> bool:
    """Whether all is there that an artifact held when it was published.

    Args:
        artifact: The `ml_metadata` message; one that lies on no folder of this machine passes.
    """
    path = local_path(artifact.uri)
    if path is None:
        return True
    if not path.exists():
        return False
    if _FILES not in artifact.custom_properties:
        return True
    now = contents_of(path)
    then = (int(artifact.custom_properties[name].int_value) for name in (_FILES, _BYTES))
    # Whoever adds a note to a folder has not harmed it.
    return all(is_now >= was for is_now, was in zip(now, then, strict=True))


def local_path(uri: str) -> Path | None:
    """Returns where an artifact lies on this machine; None for one in a bucket or nowhere."""
    return Path(uri) if uri.startswith("/") else None


def _files_under(path: Path) -> Iterator[str]:
    if path.is_file():
        yield str(path)
    for folder, _, names in os.walk(path):
        yield from (os.path.join(folder, name) for name in names)  # noqa: PTH118  a hot loop


def _size(file: str) -> int:
    try:
        return os.stat(file).st_size  # noqa: PTH116
    except FileNotFoundError:  # a link to nowhere
        return 0
