"""Hashes of code, which make the cache see an edited function.

TFX's cache key holds a function's dotted path, not its source. These hashes go beside the path.
"""

from __future__ import annotations

import ast
import hashlib
from typing import TYPE_CHECKING

from pipeline.code_data import named_files
from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class CodeDigests:
    """Hashes modules and everything that they import from some folders of source code.

    Imports are followed in the source, without importing anything: absolute and relative ones,
    also inside functions, together with the `__init__.py` of every package on the way. Of
    absolute imports those count that lead into one of the roots. Files beside a module count whose
    names stand in its strings, such as a list of words that it reads. What does not count:
    installed packages, and whatever has a computed name (`importlib.import_module`).

    A file that several modules import is read once: the files must not change meanwhile.

    Args:
        roots: Folders as they stand on `sys.path`, the first before the others.
    """

    def __init__(self, *roots: Path) -> None:
        self._roots = tuple(root.resolve() for root in roots)
        self._imported: dict[Path, tuple[Path, ...]] = {}
        self._named: dict[Path, tuple[Path, ...]] = {}
        self._lines: dict[Path, bytes] = {}

    def of(self, entry: Path) -> str:
        """Hashes one module with all that it imports.

        Args:
            entry: The module's file, inside one of the roots.

        Returns:
            A SHA-256 in hexadecimal, of contents and of names relative to the roots; so it does
            not depend on where those are.

        Raises:
            ConfigurationError: One of the files is not valid Python; names the file and the line.
        """
        return hashlib.sha256(b"".join(sorted(map(self._line_of, self.files(entry))))).hexdigest()

    def files(self, entry: Path) -> set[Path]:
        """Returns the files that `of` hashes.

        Args:
            entry: The module's file, inside one of the roots.

        Raises:
            ConfigurationError: One of the files is not valid Python; names the file and the line.
        """
        folder = entry.parent.resolve()
        pending = [folder / entry.name, *_package_inits(folder, self._roots)]
        files: set[Path] = set()
        while pending:
            path = pending.pop()
            if path not in files and _root_of(path, self._roots) is not None:
                files.add(path)
                pending.extend(self._imports_of(path))
        return files | {file for path in files for file in self._named_in(path)}

    def _imports_of(self, path: Path) -> tuple[Path, ...]:
        if path not in self._imported:
            self._imported[path] = tuple(dict.fromkeys(_imported_files(path, self._roots)))
        return self._imported[path]

    def _named_in(self, path: Path) -> tuple[Path, ...]:
        if path not in self._named:
            self._named[path] = tuple(named_files(path))
        return self._named[path]

    def _line_of(self, path: Path) -> bytes:
        """Returns a file's part of a digest: its name and its content's hash."""
        if path not in self._lines:
            root = _root_of(path, self._roots)
            assert root is not None
            name = path.relative_to(root).as_posix()
            self._lines[path] = f"{name}\0{file_digest(path)}\n".encode()
        return self._lines[path]


def file_digest(path: Path) -> str:
    """Returns the SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def parse_source(path: Path) -> ast.Module:
    """Parses a Python file without importing it.

    Raises:
        ConfigurationError: The file is not valid Python; names the file and the line.
    """
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        line = error.lineno or 1
        raise ConfigurationError(f"{path}:{line}: not valid Python: {error.msg}") from error
    except ValueError as error:  # Python 3.10 says this of null bytes.
        raise ConfigurationError(f"{path}:1: not valid Python: {error}") from error


def _root_of(path: Path, roots: tuple[Path, ...]) -> Path | None:
    return next((root for root in roots if path.is_relative_to(root)), None)


def _imported_files(path: Path, roots: tuple[Path, ...]) -> Iterator[Path]:
    package = path.parent
    for node in _statements(parse_source(path)):
        if isinstance(node, ast.Import):
            for root in roots:
                for alias in node.names:
                    yield from _module_files(root, alias.name.split("."), roots)
        elif isinstance(node, ast.ImportFrom) and node.level:
            start = package.joinpath(*[".."] * (node.level - 1)).resolve()
            yield from _from_import_files(node, start, roots)
        elif isinstance(node, ast.ImportFrom):
            for root in roots:
                yield from _from_import_files(node, root, roots)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yields all statements under a node; an import is one, and most nodes are expressions."""
    for field in ("body", "handlers", "orelse", "finalbody", "cases"):
        for statement in getattr(node, field, ()):
            yield statement
            yield from _statements(statement)


def _from_import_files(
    node: ast.ImportFrom, start: Path, roots: tuple[Path, ...]
) -> Iterator[Path]:
    module = node.module.split(".") if node.module else []
    yield from _module_files(start, module, roots)
    folder = start.joinpath(*module)
    if not folder.is_dir():
        return  # what is imported from a module stands in its file
    for alias in node.names:
        if alias.name == "*":
            # `__all__` may name submodules; one file too many costs a run, one too few hides it.
            yield from _files_in(folder)
        else:
            yield from _module_files(start, [*module, alias.name], roots)


def _module_files(start: Path, parts: list[str], roots: tuple[Path, ...]) -> Iterator[Path]:
    """Yields the files of a module, if it lies in a root: its own and its packages'."""
    path = start.joinpath(*parts)
    if parts:
        module = path.with_name(f"{path.name}.py")
        if module.is_file() and not (path / "__init__.py").is_file():
            yield module
            path = path.parent
    if path.is_dir():
        yield from _package_inits(path, roots)


def _package_inits(folder: Path, roots: tuple[Path, ...]) -> Iterator[Path]:
    """Yields `__init__.py` of a package and of those around it, up to the root."""
    while folder not in roots and _root_of(folder, roots) is not None:
        if (folder / "__init__.py").is_file():
            yield folder / "__init__.py"
        folder = folder.parent


def _files_in(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.glob("*.py") if path.is_file())
