"""The file operations of a push, each durable when it returns, one method per seam.

A push is correct only if it survives a failure between any two operations. They are methods of
one small class so that a test can fail each of them in turn.
"""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

from components.pusher.fingerprint import walk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# File systems without links, a link to another one, or to a file that has as many as it can.
_NO_LINK = frozenset(
    {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK}
)


class FileSystem:
    """File operations on a local or mounted file system; every method may raise `OSError`."""

    def make_folder(self, path: Path) -> None:
        """Makes one folder. Its parent exists; it may exist itself."""
        path.mkdir(exist_ok=True)

    def copy_file(self, source: Path, target: Path) -> None:
        """Copies a file's content, without its permissions, and waits until it is on the disk."""
        with source.open("rb") as read, target.open("xb") as write:
            shutil.copyfileobj(read, write)
            write.flush()
            os.fsync(write.fileno())

    def link_file(self, source: Path, target: Path) -> None:
        """Gives a file that is on the disk a second name; copies it where that is not possible."""
        try:
            target.hardlink_to(source)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            self.copy_file(source, target)

    def write_file(self, path: Path, content: str) -> None:
        """Writes a new file and waits until it is on the disk."""
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def sync_folder(self, path: Path) -> None:
        """Waits until the names in a folder are on the disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Gives a file or folder its final name, in one step that no reader sees halfway."""
        source.rename(target)

    def remove(self, path: Path) -> None:
        """Removes a file or a whole folder, if it exists."""
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def ensure_folder(path: Path, files: FileSystem) -> None:
    """Makes a folder and those above it, each durable in its parent."""
    missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
    for folder in reversed(missing):
        files.make_folder(folder)
        files.sync_folder(folder.parent)


def copy_tree(
    source: Path,
    target: Path,
    files: FileSystem,
    transfer: Callable[[Path, Path], None] | None = None,
) -> None:
    """Copies a folder so that all of it is on the disk when this returns.

    Permissions are those that the process gives to new files: a store is read by servers that
    run as another user, while a pipeline's outputs may be private.

    Args:
        source: The folder.
        target: The copy, which does not exist.
        files: The file operations.
        transfer: The one for each file: `files.copy_file`, unless another is given.
    """
    transfer = transfer or files.copy_file
    folders = []
    for parent, names in walk(source):
        folder = target / parent.relative_to(source)
        files.make_folder(folder)
        folders.append(folder)
        for name in names:
            transfer(parent / name, folder / name)
    for folder in reversed(folders):
        files.sync_folder(folder)
