"""Spares Beam from working out the same small things thousands of times.

While it builds and runs a pipeline, Beam asks for the arguments of every method of every DoFn and
parses its options anew for every view of them: 62,000 and 2,400 times for Transform of the taxi
example, with a few hundred and a few dozen different answers. On small data that is a third of
Transform's CPU time. Remembering the answers changes none of them.

Source: Beam 2.77, `apache_beam.transforms.core.get_function_args_defaults` and
`apache_beam.options.pipeline_options.PipelineOptions.__init__`.
"""

from __future__ import annotations

import copy
import functools
import types
from typing import Any

_REMEMBERED = 16384


def install() -> None:
    """Makes this process's Beam remember. Calling it twice is harmless."""
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.transforms import core

    if hasattr(core.get_function_args_defaults, "__wrapped__"):
        return
    core.get_function_args_defaults = _remember_arguments(core.get_function_args_defaults)
    PipelineOptions.__init__ = _remember_options(PipelineOptions.__init__)


def _remember_arguments(inspect_arguments: Any) -> Any:
    @functools.lru_cache(_REMEMBERED)
    def of_function(function: types.FunctionType, bound: bool) -> tuple[list[str], list[Any]]:
        # Which object a method is bound to does not matter: its `self` is not among the answers.
        subject = types.MethodType(function, object()) if bound else function
        arguments: tuple[list[str], list[Any]] = inspect_arguments(subject)
        return arguments

    @functools.wraps(inspect_arguments)
    def of_callable(subject: Any) -> tuple[list[str], list[Any]]:
        function = getattr(subject, "__func__", subject)
        if type(function) is not types.FunctionType:
            inspected: tuple[list[str], list[Any]] = inspect_arguments(subject)
            return inspected
        names, defaults = of_function(function, function is not subject)
        return list(names), list(defaults)

    return of_callable


def _remember_options(initialize: Any) -> Any:
    parsed: dict[tuple[type, tuple[str, ...]], Any] = {}

    @functools.wraps(initialize)
    def initialize_or_copy(options: Any, flags: Any = None, **overrides: Any) -> None:
        if overrides or not isinstance(flags, (list, tuple)):
            initialize(options, flags, **overrides)
            return
        key = (type(options), tuple(flags))
        if key not in parsed:
            initialize(options, flags)
            # Before anybody changes them; the values may be lists.
            parsed[key] = copy.deepcopy(options._visible_options)  # noqa: SLF001
            return
        # The three attributes that Beam's own __init__ sets.
        visible = copy.deepcopy(parsed[key])
        options._flags = flags  # noqa: SLF001
        options._visible_options = visible  # noqa: SLF001
        options._all_options = dict(vars(visible))  # noqa: SLF001

    return initialize_or_copy
