"""Values from `pipeline.yaml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.config.origins import KeyPath, Origin, Source
from pipeline.config.problems import Problem
from pipeline.config.yaml_document import parse_document
from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "pipeline.yaml"
_USE_CASE = f"a use case is a folder with {FILE_NAME}, preprocessing.py and model.py"


@dataclass
class ConfigFile:
    """What a file says.

    Attributes:
        origin: The file as a whole.
        values: Its values; None when they could not be read at all.
        origins: Origin of each key and list item.
        problems: What is wrong with the text.
    """

    origin: Origin
    values: dict[str, Any] | None
    origins: dict[KeyPath, Origin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_config_file(folder: Path) -> ConfigFile:
    """Reads `pipeline.yaml` of a use case's folder.

    Raises:
        ConfigurationError: The folder or the file is missing or cannot be read.
    """
    path = folder / FILE_NAME
    file = Origin(Source.FILE, str(path))
    document = parse_document(_read_text(folder))
    problems = [
        Problem(Origin(Source.FILE, str(path), problem.line), problem.path, problem.message)
        for problem in document.problems
    ]
    origins = {key: Origin(Source.FILE, str(path), line) for key, line in document.lines.items()}
    values = document.value
    if not problems and not isinstance(values, dict):
        problems = [Problem(file, (), _not_sections(values))]
    return ConfigFile(file, values if isinstance(values, dict) else None, origins, problems)


def _read_text(folder: Path) -> str:
    path = folder / FILE_NAME
    if not folder.exists():
        raise ConfigurationError(f"{folder}: no such folder; {_USE_CASE}")
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: is not a folder; {_USE_CASE}")
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(f"{folder}: has no {FILE_NAME}; {_USE_CASE}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{path}: is not UTF-8 text ({error}); save it as UTF-8"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error


def _not_sections(values: Any) -> str:
    sections = "write sections, at least data, transform and evaluator"
    return f"is empty; {sections}" if values is None else f"must be a mapping of keys; {sections}"
