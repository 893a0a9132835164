"""Imports TFX's launcher and DSL without what they drag in but do not use.

`tfx.v1` costs about 8 CPU-seconds, nearly all of it for packages whose `__init__` imports every
component, and through them TensorFlow, Beam and TFMA. Compiling a pipeline, resolving inputs and
answering from the cache need none of that. `install()` makes the packages below *bare*: their
submodules import as usual, their `__init__` does not run. And it refuses the packages that TFX
imports only if they are there (`except ModuleNotFoundError` in TFX's own code).

A process that has called `install()` can execute only what needs none of this: `LEAN_EXECUTORS`.
Measured with TFX 1.21: 0.5 s instead of 8 s, 75 MB instead of 900 MB.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from serving.bare_packages import BareFinder

if TYPE_CHECKING:
    import importlib.machinery
    from collections.abc import Sequence
    from types import ModuleType

# Only protos and constants below these packages are used by the launcher and the DSL.
BARE_PACKAGES = frozenset(
    {
        "tensorflow",
        "tensorflow.core",
        "tensorflow_data_validation",
        "tensorflow_model_analysis",
        "tfx.components",
        # A module: it would register TensorFlow's file systems, for which TFX has its own stand-in.
        "tfx.dsl.io.plugins.tensorflow_gfile",
        "tfx_bsl",
    }
)

# Executors that need neither TensorFlow nor Beam, so that their nodes start at once.
LEAN_EXECUTORS = frozenset(
    {
        "components.example_gen.executor.Executor",
        "components.example_validator.executor.Executor",
        "components.infra_validator.executor.Executor",
        "components.pusher.executor.Executor",
        "components.schema_gen.executor.Executor",
    }
)

# Left out only because TFX would load them with its types: an executor may have them after all.
_USED_BY_EXECUTORS = frozenset({"kubernetes", "pyarrow"})

# TFX does without these when they are absent: documentation decorators, Beam's types, clients of
# clouds.
REFUSED_PACKAGES = frozenset(
    {
        "apache_beam",
        "keras_tuner",
        "kubernetes",
        "oauth2client",
        "pandas",
        "pyarrow",
        "tensorflow.python",
        "tensorflow.tools",
    }
)


class _LeanFinder(BareFinder):
    """Finds bare packages and refuses the others; leaves every other name to the next finder."""

    def __init__(self) -> None:
        super().__init__(BARE_PACKAGES)
        self.refused = REFUSED_PACKAGES

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname in self.refused:
            raise ModuleNotFoundError(f"{fullname} is left out by lean imports", name=fullname)
        return super().find_spec(fullname, path, target)


def install() -> None:
    """Makes this process import leanly from here on.

    Raises:
        RuntimeError: One of the packages is already imported, so that it is too late.
    """
    late = sorted((BARE_PACKAGES | REFUSED_PACKAGES) & sys.modules.keys())
    if late:
        raise RuntimeError(f"lean imports must be installed first; already imported: {late}")
    sys.meta_path.insert(0, _LeanFinder())
    from pipeline import lean_buckets, lean_filesystem

    lean_filesystem.register()
    lean_buckets.register()


def prepare_execution() -> None:
    """Lets one of `LEAN_EXECUTORS`, about to run in this process, import what only it needs."""
    for finder in sys.meta_path:
        if isinstance(finder, _LeanFinder):
            finder.refused = REFUSED_PACKAGES - _USED_BY_EXECUTORS
