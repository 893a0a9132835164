"""Where an accepted schema is written, and the writing."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.schema.text_patch import render

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

    from pipeline.schema.in_force import SchemaInForce

_FOLDER = "schemas"
_HEADER = """\
# proto-file: tensorflow_metadata/proto/v0/schema.proto
# proto-message: Schema
#
# Inferred from the data of run {run_id}. It says what that data happened to hold: replace that by
# what can be true, and write down why.

"""
_NEW_FILE_MODE = 0o644


@dataclass(frozen=True)
class Target:
    """A schema's file.

    Attributes:
        path: The file.
        before: What it says now; None where it is to be made.
        setting: What `pipeline.yaml` must say for a run to read it; None where it does.
    """

    path: Path
    before: str | None
    setting: str | None


def target_of(in_force: SchemaInForce, use_case: Path, name: str) -> Target:
    """Returns the file to write: the curated schema's own, else a new one in `schemas/`.

    A new one goes into the folder `schemas` beside the use case or, where that is, one level
    further up; it is made if there is none.

    Raises:
        UsageError: The new file is there already, but `schema.file` does not name it.
    """
    if in_force.curated:
        return Target(in_force.file.resolve(), in_force.text, None)
    beside, above = use_case.parent / _FOLDER, use_case.parent.parent / _FOLDER
    folder = above if above.is_dir() and not beside.is_dir() else beside
    path = folder / f"{name}.pbtxt"
    setting = f"schema: {{file: {os.path.relpath(path, use_case)}}}"
    if path.exists():
        raise UsageError(
            f"{path} is there already, but pipeline.yaml does not name it: "
            f"write `{setting}` there, or move the file away"
        )
    return Target(path, None, setting)


def text_of_new_file(schema: schema_pb2.Schema, run_id: str) -> str:
    """Returns an inferred schema as the beginning of a curated one."""
    return _HEADER.format(run_id=run_id) + render(schema)


def write(target: Target, text: str) -> None:
    """Writes the file, so that a reader sees the old or the new one; makes its folder.

    Raises:
        UsageError: The file is not what it was when the change was shown.
    """
    path = target.path
    now = path.read_text(encoding="utf-8") if path.exists() else None
    if now != target.before:
        raise UsageError(f"{path} has changed meanwhile, and was left as it is; look again")
    mode = path.stat().st_mode & 0o777 if now is not None else _NEW_FILE_MODE
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).chmod(mode)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
