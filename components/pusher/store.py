"""Which folders can be a model store, and which names a model's."""

from __future__ import annotations

from pathlib import Path

from components.pusher.errors import StoreRefusedError

# Buckets mounted as folders: they rename a folder by copying its files one by one.
_BUCKET_MOUNTS = frozenset(
    {"fuse.gcsfuse", "fuse.s3fs", "fuse.goofys", "fuse.geesefs", "fuse.blobfuse", "fuse.blobfuse2",
     "fuse.mount-s3", "fuse.rclone", "fuse.ossfs"}
)  # fmt: skip


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
