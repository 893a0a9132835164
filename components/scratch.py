"""A local folder for an executor's temporary files, wherever the pipeline's root is."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def local_scratch(context: Any | None) -> str | None:
    """Returns the execution's temporary folder, which TFX's launcher removes; None if not local.

    `tempfile` takes None for the system's own. In a bucket nothing can be opened by path, and a
    `gs://` URI would be taken for the name of a local folder.

    Args:
        context: The executor's, a `BaseExecutor.Context`; None outside of a pipeline.
    """
    folder: str | None = context.get_tmp_path() if context is not None else None
    if folder is None or "://" in folder:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return folder
