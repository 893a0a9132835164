"""Packages whose submodules import as usual, but whose own `__init__` does not run.

The `__init__` of a large library builds its whole public interface, for seconds; a process that
needs a few of its modules can do without.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from types import ModuleType


class _BareLoader(importlib.abc.Loader):
    """Makes an empty module of a package: a path for its submodules and nothing else."""

    def create_module(self, _spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        pass


class BareFinder(importlib.abc.MetaPathFinder):
    """Finds the bare packages, and leaves every other name to the next finder.

    Args:
        packages: Their full names; a module's name makes an empty module.
    """

    def __init__(self, packages: Collection[str]) -> None:
        self._packages = packages

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Returns the spec of a bare package, None for every other name."""
        if fullname not in self._packages:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None:
            spec.loader = _BareLoader()
        return spec
