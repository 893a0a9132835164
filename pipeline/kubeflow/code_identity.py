"""Which code a pipeline was compiled from, so that a pod can tell whether its image holds it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipeline.code_digest import file_digest
from pipeline.errors import ConfigurationError
from pipeline.project import LOCK_FILE, PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

USE_CASE = "use case"
TIDEMILL = "Tidemill"
# Folder of the image, beside Tidemill's packages, for use cases that are not among the examples.
USE_CASES = "use_cases"

_PACKAGES = ("components", "pipeline", "serving")
_SHOWN = 12


class OtherCodeError(ConfigurationError):
    """The image holds other code than the pipeline was compiled from."""


def folder_in_image(use_case: Path, project: Path = PROJECT) -> str:
    """Returns where a use case lies in the image, relative to Tidemill's folder there.

    What is part of Tidemill's tree stays where it is; another use case is copied to `use_cases`.

    Args:
        use_case: Absolute path of the use case's folder.
        project: Folder of Tidemill's own packages.
    """
    if use_case.is_relative_to(project):
        return use_case.relative_to(project).as_posix()
    return f"{USE_CASES}/{use_case.name}"


def code_identity(use_case: Path, project: Path = PROJECT) -> dict[str, str]:
    """Returns SHA-256 of the use case's code and of Tidemill's, hexadecimal.

    All Python files count, and the lock file, which stands for every installed package.

    Args:
        use_case: Folder of the use case.
        project: Folder of Tidemill's own packages.
    """
    own = [file for package in _PACKAGES for file in _code_in(project / package)]
    return {
        USE_CASE: _digest(use_case, _code_in(use_case)),
        TIDEMILL: _digest(project, [*own, project / LOCK_FILE.name]),
    }


def check_code(expected: Mapping[str, str], found: Mapping[str, str]) -> None:
    """Checks that an image holds the code that a pipeline was compiled from.

    Raises:
        OtherCodeError: It does not; names both hashes and the fix.
    """
    other = [name for name, digest in expected.items() if found.get(name) != digest]
    if other:
        raise OtherCodeError(
            *(
                f"the pipeline was compiled from {name} {expected[name][:_SHOWN]}, and the image "
                f"holds {name} {found.get(name, 'none')[:_SHOWN]}"
                for name in other
            ),
            "build the image from the code that the pipeline is compiled from, push it under a new "
            "tag, set kubeflow.image to it and submit again",
        )


def _code_in(folder: Path) -> Iterable[Path]:
    """Yields a folder's Python files, those of hidden folders (`.venv`, `.git`) excepted."""
    for file in folder.rglob("*.py"):
        if not any(part.startswith(".") for part in file.relative_to(folder).parts):
            yield file


def _digest(root: Path, files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    named = sorted((file.relative_to(root).as_posix(), file) for file in files)
    for name, file in named:
        total.update(f"{name}\0{file_digest(file)}\n".encode())
    return total.hexdigest()
