"""What can go wrong with a push."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NO_SUCH_RENAME = frozenset({errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


class PushError(Exception):
    """A model could not be pushed. No incomplete version is visible to a model server.

    Attributes:
        path: The file or folder that the error is about.
    """

    def __init__(self, message: str, *, path: str) -> None:
        super().__init__(message)
        self.path = path


class RollbackError(PushError):
    """An older version cannot be made the newest; says which ones there are."""


class StoreRefusedError(PushError):
    """The model store cannot hold models safely, whatever the model."""


def failed_push(
    error: OSError, model_folder: Path, undone: str = "the model was not pushed to"
) -> PushError:
    """Says in a user's words what an error of the operating system means for a push.

    Args:
        error: What a file operation raised.
        model_folder: `<store>/<name>`, where the push was going on.
        undone: What did not happen; the folder's name follows.
    """
    path = str(error.filename2 or error.filename or model_folder)
    if error.errno in _NO_SUCH_RENAME:
        return StoreRefusedError(
            f"the model store at {model_folder} cannot rename a folder atomically "
            f"({error.strerror}), so a server could see half a model; use a local disk, NFS, or a "
            "volume whose file system can",
            path=path,
        )
    return PushError(
        f"{undone} {model_folder}: {error.strerror or error} ({path}); {_fix(error)}",
        path=path,
    )


def failed_removal(error: OSError, model_folder: Path) -> str:
    """Says in a user's words what an error of the operating system means for a removal.

    Args:
        error: What a file operation raised.
        model_folder: `<store>/<name>`, from which old versions were being removed.
    """
    path = error.filename2 or error.filename or model_folder
    return f"old versions could not be removed: {error.strerror or error} ({path}); {_fix(error)}"


def _fix(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "free some space there and run again"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "let this user write there, or set pusher.model_store to another folder"
    return "put that right and run again"
