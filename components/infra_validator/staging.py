"""The exported model under the path from which a server loads it."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = 1


@contextmanager
def staged(saved_model: Path, model_name: str, folder: Path) -> Iterator[Path]:
    """Shows a SavedModel as the only version of a model, without copying it.

    Args:
        saved_model: Folder of the SavedModel.
        model_name: The model.
        folder: Where to make the temporary folder.

    Yields:
        Folder of the model's versions; gone after the context.
    """
    with TemporaryDirectory(prefix="serve-", dir=folder) as temporary:
        base_path = Path(temporary) / model_name
        base_path.mkdir()
        (base_path / str(VERSION)).symlink_to(saved_model.resolve(), target_is_directory=True)
        yield base_path
