"""Files that a module reads, as far as its source shows them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A name is what stands between two of them: "b.txt", "a/b.txt", f"{folder}/b.txt".
_AROUND_NAMES = re.compile(rb"[\"'/\n]")


def named_files(module: Path) -> Iterator[Path]:
    """Yields files beside a module, and below folders there, that its strings name.

    A file too many costs a run that was not needed, one too few hides a change; so a name counts
    wherever it stands, but alone between quotes and slashes, as `train` in `"train"` does.

    Args:
        module: A file of Python code.
    """
    words = frozenset(_AROUND_NAMES.split(module.read_bytes()))
    folders = [module.parent]
    seen = set()
    while folders:
        folder = folders.pop()
        if folder.resolve() in seen:  # a link to a folder around it
            continue
        seen.add(folder.resolve())
        # The data may lie there too, in any number of files.
        with os.scandir(folder) as entries:
            named = [entry for entry in entries if os.fsencode(entry.name) in words]
        folders.extend(folder / entry.name for entry in named if entry.is_dir())
        yield from (folder / entry.name for entry in named if entry.is_file())
