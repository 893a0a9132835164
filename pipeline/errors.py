"""Errors that Tidemill shows to a person: one line each, naming the thing and the fix."""

from __future__ import annotations

import errno
from typing import ClassVar


class TidemillError(Exception):
    """Base of every error that the command line reports without a traceback.

    Attributes:
        exit_status: What the process exits with when this error ends it.
        problems: What is wrong, one entry for each thing to fix.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ConfigurationError(TidemillError):
    """The configuration or the use case's files are wrong; carries every problem found."""

    exit_status = 2


class DataError(TidemillError):
    """The data cannot be used as it is."""

    exit_status = 3


class UsageError(TidemillError):
    """The command was called in a way that cannot work."""

    exit_status = 2


class StorageError(TidemillError):
    """A disk does not take what has to be written."""


_STORAGE_PROBLEMS = {
    errno.ENOSPC: "no space is left on the disk; free some and run again",
    errno.EDQUOT: "the disk quota is used up; free some space and run again",
    errno.EROFS: "the file system is read-only; make it writable, or give another --home",
    errno.EACCES: "this user may not write there; change its permissions, or give another --home",
}


def storage_error(error: OSError) -> StorageError | None:
    """Returns what an error of the operating system means to a user; None if it is a bug's."""
    problem = _STORAGE_PROBLEMS.get(error.errno or 0)
    if problem is None:
        return None
    return StorageError(f"{error.filename}: {problem}" if error.filename else problem)
