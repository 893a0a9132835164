"""The files to read: which they are, how they are opened, and whether they stay as they were."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from components.example_gen.fingerprint import FileState, fingerprint
from components.example_gen.source import PATTERN_OF_FORMAT, SCHEME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from components.example_gen.findings import Findings
    from components.example_gen.source import Format


LEAVE_ALONE = "run again when nothing writes to it; move a new file into place when it is whole"
_CHUNK_BYTES = 1 << 20


class InputFile(NamedTuple):
    """One file.

    Attributes:
        path: A path, or a URI that TFX's `fileio` reads.
        name: What a person calls it: its path below the folder that is read.
    """

    path: str
    name: str

    def open(self) -> IO[bytes]:
        """Opens the file for reading bytes.

        Raises:
            OSError: It cannot be opened.
        """
        if SCHEME in self.path:
            from tfx.dsl.io import fileio

            opened: IO[bytes] = fileio.open(self.path, "rb")
            return opened
        return Path(self.path).open("rb")

    def state(self) -> tuple[int, ...] | None:
        """Returns what changes when the file does: size, time and inode; None if it is not there.

        Of a URI, size and time only.
        """
        if SCHEME in self.path:
            return _state_of_uri(self.path)
        try:
            status = Path(self.path).stat()
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns, status.st_ino


def find_files(folder: str, pattern: str, data_format: Format) -> tuple[InputFile, ...]:
    """Returns the files that a glob below a folder matches, by name.

    Local ones without TFX's `fileio`, which is TensorFlow's in one process and Python's in another:
    they read `**` differently, and TensorFlow's knows whole seconds only.

    Args:
        folder: A path or URI.
        pattern: The glob; folders that it matches do not count. Below a URI it may be the name of
            a folder, which stands for all its files of the format.
        data_format: Format of the files.
    """
    whole = f"{folder}/{pattern}"
    if SCHEME in folder:
        paths = _paths_of_uri(whole, PATTERN_OF_FORMAT[data_format])
    else:
        paths = [path for path in local_paths(folder, pattern) if Path(path).is_file()]
    return tuple(InputFile(path, path.removeprefix(f"{folder}/")) for path in sorted(paths))


def local_paths(folder: str, pattern: str) -> Iterator[str]:
    """Yields whatever a glob below a local folder matches: files, folders, links to nothing."""
    return glob.iglob(f"{folder}/{pattern}", recursive=True)  # noqa: PTH207  it may be absolute


def fingerprint_of(files: Iterable[InputFile]) -> str:
    """Returns a text that changes whenever these files do; one that is gone does not count.

    Raises:
        OSError: A file cannot be read.
    """
    found = {file.name: file for file in files}
    states = ((name, file.state()) for name, file in found.items())
    return fingerprint(
        [FileState(name, state[0], state[1]) for name, state in states if state is not None],
        lambda name: _chunks(found[name]),
    )


class Watch:
    """Notices files that change between its making and `report`.

    Args:
        files: The files, before any is read.
    """

    def __init__(self, files: Iterable[InputFile]) -> None:
        self._before = {file: file.state() for file in files}

    @property
    def total_bytes(self) -> int:
        """Size of all files."""
        return sum(state[0] for state in self._before.values() if state is not None)

    def report(self, findings: Findings) -> None:
        """Adds a finding for each file that is not what it was."""
        for file, before in self._before.items():
            now = file.state()
            if now == before:
                continue
            problem = "was removed" if now is None else "changed"
            findings.add(file.name, "", f"{problem} while it was read", LEAVE_ALONE)


def _chunks(file: InputFile) -> Iterator[bytes]:
    with file.open() as opened:
        while chunk := opened.read(_CHUNK_BYTES):
            yield chunk


def _paths_of_uri(uri: str, pattern_in_folder: str) -> list[str]:
    from tfx.dsl.io import fileio

    pattern = f"{uri}/{pattern_in_folder}" if fileio.isdir(uri) else uri
    return [str(path) for path in fileio.glob(pattern) if not fileio.isdir(path)]


def _state_of_uri(uri: str) -> tuple[int, ...] | None:
    from tfx.dsl.io import fileio

    try:
        status: Any = fileio.stat(uri)
    except fileio.NotFoundError:
        return None
    return int(status.length), int(status.mtime_nsec)
