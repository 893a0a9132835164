"""Local files as TFX's `fileio` expects them where TensorFlow is left out.

TFX's own plugin for local files answers `stat` with `os.stat_result`, but its ExampleGen reads the
`length` and `mtime_nsec` that TensorFlow's has, and fails.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tfx.dsl.io import filesystem_registry
from tfx.dsl.io.plugins import local


class FileStatistics(NamedTuple):
    """What `tf.io.gfile.stat` tells of a file: size in bytes, time of change in nanoseconds."""

    length: int
    mtime_nsec: int


class LeanFilesystem(local.LocalFilesystem):
    """Local files, with TensorFlow's `stat`."""

    @staticmethod
    def stat(path: Any) -> FileStatistics:
        """Returns size and time of change.

        Raises:
            tfx.dsl.io.fileio.NotFoundError: There is no such file.
        """
        status = local.LocalFilesystem.stat(path)
        return FileStatistics(status.st_size, status.st_mtime_ns)


def register() -> None:
    """Puts this plugin before TFX's own for local paths."""
    filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY.register(LeanFilesystem, priority=0)
