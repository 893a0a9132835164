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


class StoreRefusedError(PushError):
    """The model store cannot hold models safely, whatever the model."""


def failed_push(error: OSError, model_folder: Path) -> PushError:
    """Says in a user's words what an error of the operating system means for a push.

    Args:
        error: What a file operation raised.
        model_folder: `<store>/<name>`, where the push was going on.
    """
    path = str(error.filename2 or error.filename or model_folder)
    if error.errno in _NO_SUCH_RENAME:
        return StoreRefusedError(
            f"the model store at {model_folder} cannot rename a folder atomically "
            f"({error.strerror}), so a server could see half a model; use a local disk, NFS, or a "
            "volume whose file system can",
            path=path,
        )
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        fix = "free some space there and run again"
    elif error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        fix = "let this user write there, or set pusher.model_store to another folder"
    else:
        fix = "put that right and run again"
    return PushError(
        f"the model was not pushed to {model_folder}: {error.strerror or error} ({path}); {fix}",
        path=path,
    )
