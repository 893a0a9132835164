"""What a model's folder in the model store holds, and which folders can be a store."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from components.pusher.errors import StoreRefusedError
from components.pusher.origin import Origin
from components.pusher.versions import (
    final_name,
    origin_name,
    version_of,
    version_of_origin,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# Buckets mounted as folders: they rename a folder by copying its files one by one.
_BUCKET_MOUNTS = frozenset(
    {"fuse.gcsfuse", "fuse.s3fs", "fuse.goofys", "fuse.geesefs", "fuse.blobfuse", "fuse.blobfuse2",
     "fuse.mount-s3", "fuse.rclone", "fuse.ossfs"}
)  # fmt: skip
_log = logging.getLogger(__name__)


def checked_store(store: str) -> Path:
    """Returns a model store as a path.

    Args:
        store: The folder that holds one folder for each model.

    Raises:
        StoreRefusedError: It is a URI or a relative path.
    """
    if "://" in store:
        raise StoreRefusedError(
            f"pusher.model_store is {store!r}: a bucket has no atomic rename, so a server could "
            "see half a model; use a folder of a file system (on Kubernetes, of a volume)",
            path=store,
        )
    path = Path(store)
    if not path.is_absolute():
        raise StoreRefusedError(
            f"pusher.model_store is {store!r}: write the absolute path, since every node may run "
            "in a folder of its own",
            path=store,
        )
    return path


def checked_model_name(name: str) -> str:
    """Returns the name of a model if a folder can be called so.

    Raises:
        ValueError: It is not one plain component of a path.
    """
    if name in {"", ".", ".."} or "/" in name or name.startswith("."):
        raise ValueError(f"{name!r} cannot be a model's name: it is a folder of the model store")
    return name


def refuse_mounted_bucket(path: Path, mounts: str) -> None:
    """Refuses a folder that is a bucket in disguise.

    Args:
        path: An absolute path, which need not exist.
        mounts: The text of `/proc/mounts`.

    Raises:
        StoreRefusedError: The file system below the path is a mounted bucket.
    """
    best, kind = Path("/"), ""
    for line in mounts.splitlines():
        _, point, fstype, *_ = line.split()
        mounted_at = Path(point.replace("\\040", " "))
        if path.is_relative_to(mounted_at) and mounted_at.is_relative_to(best):
            best, kind = mounted_at, fstype
    if kind in _BUCKET_MOUNTS:
        raise StoreRefusedError(
            f"the model store {path} is a bucket mounted at {best} ({kind}): it renames a folder "
            "file by file, so a server could see half a model; use a real file system",
            path=str(path),
        )


def versions_used(folder: Path) -> set[int]:
    """Returns every number that was given to a version of the model, gone ones included."""
    names = [path.name for path in folder.iterdir()]
    numbers = [version_of(name) for name in names] + [version_of_origin(name) for name in names]
    return {number for number in numbers if number is not None}


def read_origin(folder: Path, version: int) -> Origin | None:
    """Returns where a version comes from, or None if that is not recorded.

    Raises:
        OSError: The origin file cannot be read.
    """
    path = folder / origin_name(version)
    if not path.exists():
        return None
    try:
        return Origin.from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        _log.warning("%s is passed over: %s", path, error)
        return None


def leftovers(folder: Path) -> Iterator[Path]:
    """Yields what crashed pushes left behind, in an order in which it can be removed.

    A push gives the origin its final name just before the version. So an origin without its
    version is a leftover if the prepared version still lies beside it; and it goes first, because
    a removal may be interrupted too. An origin alone belongs to a version removed on purpose.
    """
    for path in sorted(folder.iterdir()):
        name = final_name(path.name)
        if name is None:
            continue
        version = version_of(name)
        if version is not None and not (folder / name).exists():
            yield folder / origin_name(version)
        yield path
