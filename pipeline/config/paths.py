"""Turns the configuration's locations into paths; relative ones start at the use case's folder."""

from __future__ import annotations

import glob
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from components.example_gen.patterns import PatternError, SpanPattern, has_placeholders
from pipeline.config.base import is_uri
from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from pipeline.config.models import PipelineConfig

_PACKAGE = "package:"
_BUCKET = "gs://"


def resolve_data_path(config: PipelineConfig, use_case_dir: Path) -> str:
    """Finds the data: a folder, a file, a glob or a pattern of spans that matches, or a URI.

    Returns:
        The absolute path, glob or pattern; a `gs://` URI as it is, unchecked.

    Raises:
        ConfigurationError: There is nothing at the path, the package is not installed, or the
            kind of URI cannot be read, or the pattern of spans is wrong.
    """
    given = config.data.path
    if is_uri(given):
        problem = uri_problem(given)
        if problem:
            raise ConfigurationError(problem)
        return given
    if given.startswith(_PACKAGE):
        candidates = _package_paths(given)
    else:
        candidates = [_absolute(given, use_case_dir)]
    for path in candidates:
        if path.exists() or any(glob.iglob(_glob_of(path, given), recursive=True)):  # noqa: PTH207
            return str(path)
    places = ", ".join(map(str, candidates))
    raise ConfigurationError(
        f"data.path = {given}: nothing is at {places}; "
        "give a folder, a file or a glob that matches files"
    )


def uri_problem(given: str) -> str | None:
    """Returns why data at a URI cannot be read, or None if it can."""
    if given.startswith(_BUCKET):
        return None
    scheme = given.partition("://")[0]
    return (
        f"data.path = {given}: TensorFlow cannot read {scheme}:// URIs; "
        "mount the storage and give its path, or use a gs:// URI"
    )


def resolve_schema_file(config: PipelineConfig, use_case_dir: Path) -> Path | None:
    """Finds the curated schema; None when the schema is to be inferred.

    Raises:
        ConfigurationError: The file is missing.
    """
    given = config.schema_.file
    if given is None:
        return None
    path = _absolute(given, use_case_dir)
    if not path.is_file():
        raise ConfigurationError(
            f"schema.file = {given}: no file at {path}; "
            "correct the path, or remove schema.file to infer a schema"
        )
    return path


def resolve_model_store(config: PipelineConfig, use_case_dir: Path, home: Path) -> Path:
    """Returns the folder of the model store, which need not exist yet."""
    given = config.pusher.model_store
    return home.absolute() / "models" if given is None else _absolute(given, use_case_dir)


def _glob_of(path: Path, given: str) -> str:
    if not has_placeholders(given):
        return str(path)
    try:
        return SpanPattern.parse(str(path)).glob
    except PatternError as error:
        raise ConfigurationError(f"data.path = {given}: {error}") from error


def _absolute(given: str, use_case_dir: Path) -> Path:
    return (use_case_dir.absolute() / Path(given).expanduser()).resolve()


def _package_paths(given: str) -> list[Path]:
    """Lists where a `package:NAME/...` may lie, without importing the package."""
    name, _, rest = given.removeprefix(_PACKAGE).partition("/")
    if not name.isidentifier():
        raise ConfigurationError(
            f"data.path = {given}: {name!r} is not the name of a package; "
            "write package:NAME/path/inside/it"
        )
    spec = importlib.util.find_spec(name)
    locations = list(spec.submodule_search_locations or ()) if spec else []
    if not locations:
        raise ConfigurationError(
            f"data.path = {given}: no package {name} is installed here; "
            "install it or correct the name"
        )
    return [(Path(location) / rest).resolve() for location in locations]
