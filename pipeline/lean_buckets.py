"""Google Cloud Storage for TFX's `fileio` where TensorFlow is left out, by pyarrow.

Data may lie in a bucket, and on Kubeflow what nodes write: TFX's launcher and the executors reach
both through `fileio`.
"""

from __future__ import annotations

import fnmatch
import functools
import io
from typing import TYPE_CHECKING, Any

from tfx.dsl.io import filesystem, filesystem_registry

from pipeline.lean_filesystem import FileStatistics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SCHEME = "gs://"
_WILD = frozenset("*?[")


class BucketFilesystem(filesystem.Filesystem):
    """Files of `gs://` URIs. Credentials are Google's application defaults.

    A bucket has no folders: a file's are there with it. Nothing in it is renamed atomically.
    """

    SUPPORTED_SCHEMES = (_SCHEME,)

    @staticmethod
    def open(name: str, mode: str = "r") -> Any:
        """Opens a file.

        Raises:
            tfx.dsl.io.fileio.NotFoundError: There is no such file.
            ValueError: The mode is neither for reading nor for writing a new file.
        """
        if set(mode) - set("rwbt") or len(set(mode) & set("rw")) != 1:
            raise ValueError(f"{name}: a file of a bucket cannot be opened with mode {mode!r}")
        opener = _storage().open_output_stream if "w" in mode else _storage().open_input_file
        opened = _found(opener, _key(name))
        return opened if "b" in mode else io.TextIOWrapper(opened, encoding="utf-8")

    @staticmethod
    def copy(src: str, dst: str, overwrite: bool = False) -> None:
        """Copies a file inside the storage.

        Raises:
            tfx.dsl.io.fileio.NotFoundError: There is no such file.
            OSError: There is one at the destination, which is not to be overwritten.
        """
        _check_free(dst, overwrite=overwrite)
        _found(_storage().copy_file, _key(src), _key(dst))

    @staticmethod
    def rename(src: str, dst: str, overwrite: bool = False) -> None:
        """Moves a file inside the storage.

        Raises:
            tfx.dsl.io.fileio.NotFoundError: There is no such file.
            OSError: There is one at the destination, which is not to be overwritten.
        """
        _check_free(dst, overwrite=overwrite)
        _found(_storage().move, _key(src), _key(dst))

    @staticmethod
    def makedirs(path: str) -> None:
        """Makes a folder, and those around it, if they are not there."""
        _storage().create_dir(_key(path).rstrip("/"), recursive=True)

    @staticmethod
    def mkdir(path: str) -> None:
        """Makes a folder; one around it need not be there."""
        BucketFilesystem.makedirs(path)

    @staticmethod
    def remove(path: str) -> None:
        """Removes a file.

        Raises:
            tfx.dsl.io.fileio.NotFoundError: There is no such file.
        """
        _found(_storage().delete_file, _key(path))

    @staticmethod
    def rmtree(path: str) -> None:
        """Removes a folder and all that is in it.

        Raises:
            tfx.dsl.io.fileio.NotFoundError: There is no such folder.
        """
        _found(_storage().delete_dir, _key(path).rstrip("/"))

    @staticmethod
    def walk(
        top: str, topdown: bool = True, onerror: Callable[..., None] | None = None
    ) -> Iterator[tuple[str, list[str], list[str]]]:
        """Yields each folder with the names of the folders and of the files in it."""
        entries = list(_listed(_key(top).rstrip("/"), recursive=False))
        folders = sorted(entry.base_name for entry in entries if not entry.is_file)
        files = sorted(entry.base_name for entry in entries if entry.is_file)
        below = (
            found
            for name in folders
            for found in BucketFilesystem.walk(f"{top.rstrip('/')}/{name}", topdown, onerror)
        )
        if topdown:
            yield top, folders, files
        yield from below
        if not topdown:
            yield top, folders, files

    @staticmethod
    def exists(path: str) -> bool:
        """Whether there is a file or folder."""
        return bool(_info(path).type)

    @staticmethod
    def isdir(path: str) -> bool:
        """Whether there is a folder."""
        info = _info(path)
        return bool(info.type) and not info.is_file

    @staticmethod
    def glob(pattern: str) -> list[str]:
        """Returns what a pattern matches; a wildcard does not match a slash."""
        parts = _key(pattern).split("/")
        fixed = next((i for i, part in enumerate(parts) if _WILD & set(part)), len(parts))
        if fixed == len(parts):
            return [pattern] if BucketFilesystem.exists(pattern) else []
        found = (info.path for info in _listed("/".join(parts[:fixed]), recursive=True))
        return sorted(_SCHEME + path for path in found if _matches(path.split("/"), parts))

    @staticmethod
    def listdir(path: str) -> list[str]:
        """Returns the names of what is in a folder."""
        return [info.base_name for info in _listed(_key(path), recursive=False)]

    @staticmethod
    def stat(path: str) -> FileStatistics:
        """Returns size and time of change.

        Raises:
            tfx.dsl.io.fileio.NotFoundError: There is no such file.
        """
        info = _info(path)
        if not info.is_file:
            raise filesystem.NotFoundError
        return FileStatistics(info.size, info.mtime_ns)


def register() -> None:
    """Makes `fileio` take `gs://` URIs."""
    filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY.register(BucketFilesystem, priority=0)


@functools.cache
def _storage() -> Any:
    from pipeline import lean_imports

    lean_imports.prepare_execution()  # pyarrow
    from pyarrow import fs

    return fs.GcsFileSystem()


def _found(function: Callable[..., Any], *paths: str) -> Any:
    try:
        return function(*paths)
    except FileNotFoundError as error:
        raise filesystem.NotFoundError from error


def _check_free(path: str, *, overwrite: bool) -> None:
    if not overwrite and BucketFilesystem.exists(path):
        raise FileExistsError(f"{path} is there already, and is not to be overwritten")


def _info(path: str) -> Any:
    return _storage().get_file_info(_key(path).rstrip("/"))


def _listed(folder: str, *, recursive: bool) -> Any:
    from pyarrow import fs

    selector = fs.FileSelector(folder, allow_not_found=True, recursive=recursive)
    return _storage().get_file_info(selector)


def _key(uri: str) -> str:
    return uri.removeprefix(_SCHEME)


def _matches(path: list[str], pattern: list[str]) -> bool:
    return len(path) == len(pattern) and all(map(fnmatch.fnmatchcase, path, pattern))
