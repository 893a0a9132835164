"""The files that retention removes: outputs that no live artifact owns, and folders of runs.

What is not owned also comes from nodes that were killed, and from a removal that was interrupted.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

from pipeline.contents import contents_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from pipeline.places import RunFolder

# TFX's own working folders of each node; of use only while the node runs.
_SYSTEM = ".system"
_WORKING_FOLDERS = ("executor_execution", "driver_execution", "stateful_working_dir")


class Waste(NamedTuple):
    """Something to remove, and its size in bytes."""

    path: Path
    size: int


def unowned_outputs(folder: Path, owned: Collection[Path]) -> Iterator[Path]:
    """Yields what nodes wrote and no live artifact owns; no node may be running.

    Args:
        folder: Where a pipeline's artifacts lie: `<node>/<output>/<execution>/`.
        owned: Where live artifacts lie: such a folder, or something below it.
    """
    kept = {path for owner in owned for path in (owner, *owner.parents)}
    for node in _folders_in(folder):
        for working in _WORKING_FOLDERS:
            yield from _folders_in(node / _SYSTEM / working)
        for output in _folders_in(node):
            if output.name != _SYSTEM:
                yield from (e for e in _folders_in(output) if e.name.isdigit() and e not in kept)


def remnants_of_run(folder: RunFolder, *, with_record: bool) -> list[Path]:
    """Returns what is removed of a run's folder, in this order, which may be interrupted.

    Args:
        folder: Folder of the run.
        with_record: Whether its record goes too, and with it the folder.
    """
    if with_record:
        return [folder.root]
    parts = [path for path in folder.root.iterdir() if path not in (folder.record, folder.logs)]
    # Logs last: without them, a run counts as cleaned.
    return [*sorted(parts), *([folder.logs] if folder.logs.exists() else [])]


def measured(paths: Iterable[Path]) -> list[Waste]:
    """Returns paths with the bytes below them."""
    return [Waste(path, contents_of(path).size) for path in paths]


def remove(path: Path) -> None:
    """Removes a file or a folder; one that is gone already is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=False)
    else:
        path.unlink(missing_ok=True)


def _folders_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
