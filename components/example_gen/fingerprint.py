"""What identifies the content of input files, cheaply enough to be asked in every run.

TFX's own fingerprint is a sum of sizes and of times in whole seconds: a file that is written twice
in a second goes unseen, and so do two changes that cancel out.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Files that are together no larger are read whole: it takes about as long as starting a process.
READ_AT_MOST_BYTES = 16 << 20


class FileState(NamedTuple):
    """A file as its file system describes it.

    Attributes:
        name: Its path below the input's folder.
        size: Bytes.
        modified: When it was last changed, nanoseconds since the epoch.
    """

    name: str
    size: int
    modified: int


def fingerprint(
    files: Sequence[FileState],
    read: Callable[[str], Iterable[bytes]],
    read_at_most: int = READ_AT_MOST_BYTES,
) -> str:
    """Returns a text that changes whenever the files do.

    Of small files it is the content that counts, so that one written anew with the same content is
    the same; of large ones size and time of change, to the nanosecond.

    Args:
        files: The files.
        read: Gives a file's content by its name, in chunks.
        read_at_most: Bytes up to which, in all, the content counts.
    """
    total = sum(file.size for file in files)
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(files):
        digest.update(f"{file.name}\0{file.size}\0".encode())
        if total <= read_at_most:
            for chunk in read(file.name):
                digest.update(chunk)
        else:
            digest.update(f"{file.modified}\0".encode())
    return f"files:{len(files)},bytes:{total},digest:{digest.hexdigest()}"
