"""Google Cloud Storage for TFX's `fileio` where TensorFlow is left out: reading, by pyarrow.

TFX's driver looks at the input's files and ExampleGen's executor reads them, both through
`fileio`. Nothing is written to buckets here.
"""

from __future__ import annotations

import fnmatch
import functools
import io
from typing import Any

from tfx.dsl.io import filesystem, filesystem_registry

from pipeline.lean_filesystem import FileStatistics

_SCHEME = "gs://"
_WILD = frozenset("*?[")


class BucketFilesystem(filesystem.Filesystem):
    """Files of `gs://` URIs, for reading. Credentials are Google's application defaults."""

    SUPPORTED_SCHEMES = (_SCHEME,)

    @staticmethod
    def open(name: str, mode: str = "r") -> Any:
        """Opens a file.

        Raises:
            tfx.dsl.io.fileio.NotFoundError: There is no such file.
            ValueError: The mode is for writing.
        """
        if not set(mode) <= set("rbt"):
            raise ValueError(f"{name}: buckets are only read here, not opened with mode {mode!r}")
        try:
            opened = _storage().open_input_file(_key(name))
        except FileNotFoundError as error:
            raise filesystem.NotFoundError from error
        return opened if "b" in mode else io.TextIOWrapper(opened)

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
    """Makes `fileio` read `gs://` URIs."""
    filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY.register(BucketFilesystem, priority=0)


@functools.cache
def _storage() -> Any:
    from pipeline import lean_imports

    lean_imports.prepare_execution()  # pyarrow
    from pyarrow import fs

    return fs.GcsFileSystem()


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
