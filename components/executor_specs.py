"""Executors named by dotted path, so that a component's interface imports no executor.

TFX's own specs hold the executor's class. Building a DAG then imports every executor, and with
them TensorFlow, Beam and TFMA, only to write each class's dotted path into the IR. The specs here
hold that path alone; the class is imported by the process that runs it.
"""

from __future__ import annotations

import importlib
from typing import Any

from tfx.dsl.components.base import executor_spec


class _NamedExecutor:
    """Gives an `ExecutorClassSpec` its class by path, imported on first use."""

    _class_path: str

    @property
    def executor_class(self) -> Any:
        """The class itself. Imports its module: only what executes a node asks for this.

        Raises:
            ImportError: There is no such module.
            AttributeError: The module has no such class.
        """
        module, _, name = self._class_path.rpartition(".")
        return getattr(importlib.import_module(module), name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._class_path!r})"


class ExecutorAt(_NamedExecutor, executor_spec.ExecutorClassSpec):
    """Spec of a Python executor, encoded to `PythonClassExecutableSpec` without importing it.

    Args:
        class_path: Dotted path of a `BaseExecutor`: `components.pusher.executor.Executor`.

    Raises:
        ValueError: The path is not `module.Class`.
    """

    # The bases' initialisers assign the class, which is what must not happen here.
    def __init__(self, class_path: str) -> None:
        self._class_path = _checked(class_path)
        self.extra_flags: list[str] = []

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._class_path,), dict(self.__dict__)


class BeamExecutorAt(_NamedExecutor, executor_spec.BeamExecutorSpec):
    """Spec of a Beam executor, encoded to `BeamExecutableSpec` without importing it.

    Args:
        class_path: Dotted path of a `BaseBeamExecutor`.

    Attributes:
        beam_pipeline_args: Arguments of this node; TFX puts the pipeline's own in front.

    Raises:
        ValueError: The path is not `module.Class`.
    """

    def __init__(self, class_path: str) -> None:
        self._class_path = _checked(class_path)
        self.extra_flags: list[str] = []
        self.beam_pipeline_args: list[Any] = []

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._class_path,), dict(self.__dict__)


def _checked(class_path: str) -> str:
    module, _, name = class_path.rpartition(".")
    if not module or not all(part.isidentifier() for part in [*module.split("."), name]):
        raise ValueError(
            f"{class_path!r} is not the dotted path of a class; write it as `package.module.Class`"
        )
    return class_path
