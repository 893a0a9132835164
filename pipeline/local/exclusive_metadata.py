"""TFX's connection to the SQLite file of ML Metadata, which one process at a time has open.

TFX's launcher has it open only while it prepares and while it publishes, so nobody waits for an
executor.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tfx.orchestration import metadata

from pipeline.metadata.local_store import turn_at

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self


class ExclusiveMetadata(metadata.Metadata):
    """TFX's connection, which waits for its turn where it is opened; may be opened again inside.

    Args:
        file: SQLite file of ML Metadata.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(metadata.sqlite_metadata_connection_config(str(file)))
        self._file = file
        self._opened: list[contextlib.ExitStack] = []

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            if not self._opened:
                opening.enter_context(turn_at(self._file))
            super().__enter__()
            self._opened.append(opening.pop_all())
        return self

    def __exit__(self, *error: object) -> None:
        with self._opened.pop():
            super().__exit__(*error)
