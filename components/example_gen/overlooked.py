"""Files that lie where data is read and look like data, but are not read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components.example_gen.input_files import local_paths
from components.example_gen.source import SCHEME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from components.example_gen.findings import Findings
    from components.example_gen.input_files import InputFile

_COMPRESSED = ".gz"


def report_overlooked(
    folder: str, pattern: str, files: Iterable[InputFile], findings: Findings
) -> None:
    """Adds a finding for each file that was surely meant to be read and is not.

    Those are links to nothing, and compressed files beside those of a pattern that ends before
    `.gz`; not a compressed copy of a file that is read. Buckets are not looked into.

    Args:
        folder: Folder that is read.
        pattern: Glob below it.
        files: What is read.
        findings: Receives the findings.
    """
    if SCHEME in folder:
        return
    for path in _paths(folder, pattern):
        if path.is_symlink() and not path.exists():
            problem = f"a link to {path.readlink()}, which is not there"
            findings.add(_name(path, folder), "", problem, "mend the link, or take it out")
    read = {file.path for file in files}
    for path in _paths(folder, pattern + _COMPRESSED):
        is_read = not read.isdisjoint({str(path), str(path).removesuffix(_COMPRESSED)})
        if not is_read and path.is_file():
            problem = f"it would not be read: {pattern} does not match it"
            fix = "decompress it, move it away, or let data.path match it, as FOLDER/*.csv* does"
            findings.add(_name(path, folder), "", problem, fix)


def _paths(folder: str, pattern: str) -> Iterator[Path]:
    return map(Path, sorted(local_paths(folder, pattern)))


def _name(path: Path, folder: str) -> str:
    return str(path).removeprefix(f"{folder}/")
