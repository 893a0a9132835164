"""Hash of one function and of what it uses: the part of a module that a search depends on.

`pipeline.code_digest` hashes whole files, which is right for a cache: one edit too many costs a
run, one too few hides it. A search may take hours, so an edit of `run_fn` must not repeat it.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.code_digest import parse_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Stands for everything in a module: what is imported whole can be used in any way.
_ALL = "*"
# Stands for statements that bind no name, and for star imports, which may bind any.
_NO_NAME = ""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def definition_digest(file: Path, function: str, root: Path) -> str:
    """Hashes a function with all definitions that it reaches in a folder of source code.

    Names are followed through the module, and through imports into other modules of the folder.
    Statements of a module that define nothing count too, because importing it runs them. Comments,
    formatting and docstrings do not count.

    Args:
        file: The module that defines the function.
        function: Name of the function.
        root: Folder as it stands on `sys.path`; what is imported from elsewhere does not count.

    Returns:
        A SHA-256 in hexadecimal.

    Raises:
        ConfigurationError: One of the files is not valid Python; names the file and the line.
    """
    reach = _Reach(root.resolve())
    reach.follow(file.resolve(), function)
    total = hashlib.sha256()
    for text in sorted(reach.texts):
        total.update(f"{text}\0".encode())
    return total.hexdigest()


@dataclass
class _Reach:
    """Collects the source of what is reached, one text for each statement."""

    root: Path
    texts: set[str] = field(default_factory=set)
    _seen: set[tuple[Path, str]] = field(default_factory=set)
    _modules: dict[Path, list[ast.stmt]] = field(default_factory=dict)

    def follow(self, file: Path, name: str) -> None:
        pending = [(file, name)]
        while pending:
            place = pending.pop()
            if place not in self._seen:
                self._seen.add(place)
                pending.extend(self._uses(*place))

    def _uses(self, file: Path, name: str) -> Iterator[tuple[Path, str]]:
        """Takes the statements of a name; yields the names that those use, with their files."""
        if file not in self._modules:
            body = parse_source(file).body
            self._modules[file] = [_without_docstrings(s) for s in body if not _is_text(s)]
            yield file, _NO_NAME
        for statement in self._modules[file]:
            if name != _ALL and name not in (set(_bound_names(statement)) or {_NO_NAME}):
                continue
            is_import = isinstance(statement, (ast.Import, ast.ImportFrom))
            if not is_import:
                where = file.relative_to(self.root).as_posix()
                self.texts.add(f"{where}\0{ast.unparse(statement)}")
            for node in ast.walk(statement):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    yield from self._imported(file, node, name if is_import else _ALL)
                elif isinstance(node, ast.Name):
                    yield file, node.id

    def _imported(
        self, file: Path, statement: ast.Import | ast.ImportFrom, name: str
    ) -> Iterator[tuple[Path, str]]:
        for alias in statement.names:
            if name not in (_ALL, _bound_name(alias)):
                continue
            if isinstance(statement, ast.Import):
                yield from self._whole(self.root.joinpath(*alias.name.split(".")))
                continue
            above = file.parent.joinpath(*[".."] * (statement.level - 1)).resolve()
            folder = above if statement.level else self.root
            module = folder.joinpath(*statement.module.split(".")) if statement.module else folder
            yield from self._whole(module / alias.name)
            # A star is taken as it stands here: all that the module defines.
            yield from ((path, alias.name) for path in self._files(module))

    def _whole(self, module: Path) -> Iterator[tuple[Path, str]]:
        yield from ((path, _ALL) for path in self._files(module))

    def _files(self, module: Path) -> Iterator[Path]:
        for path in (module / "__init__.py", module.with_name(f"{module.name}.py")):
            if path.is_relative_to(self.root) and path.is_file():
                yield path


def _bound_names(statement: ast.stmt) -> Iterator[str]:
    """Yields the names that a statement of a module binds; those in its blocks too."""
    if isinstance(statement, _DEFINITIONS):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            yield _bound_name(node)
        elif isinstance(node, _DEFINITIONS):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _bound_name(alias: ast.alias) -> str:
    if alias.name == _ALL:
        return _NO_NAME
    return alias.asname or alias.name.partition(".")[0]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _without_docstrings(statement: ast.stmt) -> ast.stmt:
    for node in ast.walk(statement):
        if isinstance(node, _DEFINITIONS) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return statement
