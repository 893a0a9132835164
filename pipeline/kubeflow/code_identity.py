"""Which code a pipeline was compiled from, so that a pod can tell whether its image holds it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipeline.code_digest import CodeDigests, file_digest
from pipeline.errors import ConfigurationError
from pipeline.project import LOCK_FILE, PROJECT
from pipeline.use_case import functions_called

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pipeline.config.models import PipelineConfig
    from pipeline.use_case import UseCase

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


def files_beside(use_case: UseCase, config: PipelineConfig) -> tuple[str, ...]:
    """Returns the files that count besides the Python files of a use case's folder.

    They are what it imports from beside its folder, and what its code names, such as a list of
    words that it reads; their names are relative to the folder around it.

    Args:
        use_case: The user's code.
        config: Names the functions whose imports are followed.

    Raises:
        ConfigurationError: A function's file is missing, or a file is not valid Python.
    """
    digests = CodeDigests(use_case.import_root)
    files: set[Path] = set()
    for reference in functions_called(config).values():
        files |= digests.files(use_case.source_of(reference))
    beside = files.difference(_code_in(use_case.folder))
    return tuple(sorted(file.relative_to(use_case.import_root).as_posix() for file in beside))


def code_identity(
    use_case: Path, beside: Iterable[str] = (), project: Path = PROJECT
) -> dict[str, str]:
    """Returns SHA-256 of the use case's code and of Tidemill's, hexadecimal.

    All Python files count, and the lock file, which stands for every installed package.

    Args:
        use_case: Folder of the use case.
        beside: What `files_beside` found; what is not there is left out.
        project: Folder of Tidemill's own packages.
    """
    around = use_case.parent
    others = [around / name for name in beside if (around / name).is_file()]
    own = [file for package in _PACKAGES for file in _code_in(project / package)]
    return {
        USE_CASE: _digest(around, [*_code_in(use_case), *others]),
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
            "build the image from the code that the pipeline is compiled from, with what the use "
            "case imports from beside its folder, push it under a new tag, set kubeflow.image to "
            "it and submit again",
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
