"""A use case: a folder of user code, imported as a package named as the folder."""

from __future__ import annotations

import ast
import difflib
import importlib.util
import keyword
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.code_digest import CodeDigests, parse_source
from pipeline.config.config_file import FILE_NAME
from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.config.models import PipelineConfig

_TIDEMILL_PACKAGES = frozenset({"components", "pipeline", "serving"})
_ANY_NAME = "*"


@dataclass(frozen=True)
class UseCase:
    """A folder with `pipeline.yaml`, `preprocessing.py` and `model.py`; made by `open`.

    Attributes:
        folder: The absolute path of the folder.
    """

    folder: Path

    @classmethod
    def open(cls, folder: Path) -> UseCase:
        """Opens a folder as a use case.

        Raises:
            ConfigurationError: The folder is missing, or its name cannot be a package's name.
        """
        folder = folder.resolve()
        if not folder.is_dir():
            raise ConfigurationError(f"{folder}: no such folder; give the folder of a use case")
        problem = _name_problem(folder)
        if problem:
            raise ConfigurationError(f"{folder}: {problem}; rename the folder")
        return cls(folder)

    @property
    def package(self) -> str:
        """Name under which the folder is imported."""
        return self.folder.name

    @property
    def import_root(self) -> Path:
        """Folder that must be on `sys.path`: the one around the use case."""
        return self.folder.parent

    def dotted(self, reference: str) -> str:
        """Returns the import path of a function: `taxi.model.run_fn` for `model.run_fn`."""
        return f"{self.package}.{reference}"

    def source_of(self, reference: str) -> Path:
        """Returns the file that defines a function: `<folder>/model.py` for `model.run_fn`.

        Raises:
            ConfigurationError: There is no such file.
        """
        *modules, _ = reference.split(".")
        stem = self.folder.joinpath(*modules)
        for path in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
            if path.is_file():
                return path
        missing = stem.with_name(f"{stem.name}.py")
        present = [path.stem for path in missing.parent.glob("*.py")]
        raise ConfigurationError(
            f"{reference}: no file {missing}{_did_you_mean(missing.stem, present)}"
        )

    def check_function(self, reference: str) -> Path:
        """Checks, without importing anything, that a function is defined.

        Args:
            reference: Dotted path relative to the use case, such as `model.run_fn`.

        Returns:
            The file that defines it.

        Raises:
            ConfigurationError: The file is missing, is not valid Python or does not define it.
        """
        path = self.source_of(reference)
        function = reference.rpartition(".")[2]
        names = set(_defined_names(parse_source(path).body))
        if function not in names and _ANY_NAME not in names:
            raise ConfigurationError(
                f"{reference}: {path} defines no {function}{_did_you_mean(function, names)}"
            )
        return path


def functions_called(config: PipelineConfig) -> dict[str, str]:
    """Returns the functions of the use case that the pipeline will call, by the key of each."""
    references = {
        "transform.preprocessing_fn": config.transform.preprocessing_fn,
        "trainer.run_fn": config.trainer.run_fn,
    }
    if config.tuner.enabled and config.tuner.run != "never":
        references["tuner.tuner_fn"] = config.tuner.tuner_fn
    return references


def check_functions(use_case: UseCase, config: PipelineConfig) -> None:
    """Checks every function that the configuration names and the pipeline will call.

    Raises:
        ConfigurationError: At least one is not defined; carries a problem for each.
    """
    problems = [
        f"{key} = {problem}"
        for key, reference in functions_called(config).items()
        for problem in _function_problems(use_case, reference)
    ]
    if problems:
        raise ConfigurationError(*problems)


def _function_problems(use_case: UseCase, reference: str) -> tuple[str, ...]:
    try:
        # Also reads every file that is imported from the folder: all must be valid Python.
        CodeDigests(use_case.import_root).of(use_case.check_function(reference))
    except ConfigurationError as error:
        return error.problems
    return ()


def _name_problem(folder: Path) -> str | None:
    name = folder.name
    if not name.isidentifier() or keyword.iskeyword(name):
        return (
            f"{name!r} cannot be the name of a Python package "
            "(letters, digits and _, not beginning with a digit)"
        )
    if name in _TIDEMILL_PACKAGES:
        return f"{name} is the name of one of Tidemill's own packages"
    other = _importable_elsewhere(folder)
    return f"the name {name} already belongs to the Python package at {other}" if other else None


def _importable_elsewhere(folder: Path) -> str | None:
    """Returns where another package or module of the folder's name lies, if there is one."""
    try:
        spec = importlib.util.find_spec(folder.name)
    except ValueError:  # The module is running without a spec, as `__main__` is.
        return folder.name
    # A namespace package has no origin; it gives way to the use case, whose root is on `sys.path`
    # of what runs it before all but Tidemill's own. So does another use case of the same name:
    # people copy the examples.
    if spec is None or spec.origin is None:
        return None
    gives_way = Path(spec.origin).with_name(FILE_NAME).is_file()
    is_own = spec.origin == str(folder / "__init__.py")
    return None if is_own or gives_way else spec.origin


def _defined_names(body: Iterable[ast.AST]) -> Iterable[str]:
    """Yields the names that statements bind in a module, `*` for a star import."""
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield statement.name
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name for alias in statement.names)
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            yield from _assigned_names(statement)
        else:  # `if`, `try`, `with` and `match` bind names in their blocks.
            for block in ("body", "orelse", "handlers", "finalbody", "cases"):
                yield from _defined_names(getattr(statement, block, ()))


def _assigned_names(statement: ast.Assign | ast.AnnAssign) -> Iterable[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    for target in targets:
        yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
