"""Values from the command line: `--set trainer.epochs=3`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.config.origins import Origin, Setting, Source
from pipeline.config.problems import Problem
from pipeline.config.value_text import parse_value

if TYPE_CHECKING:
    from collections.abc import Iterable


def read_overrides(overrides: Iterable[str]) -> tuple[list[Setting], list[Problem]]:
    """Reads the values of the `--set` options, in their order.

    Returns:
        The settings, and what is wrong with the other options.
    """
    settings: list[Setting] = []
    problems: list[Problem] = []
    for override in overrides:
        origin = Origin(Source.OPTION, "--set " + override.replace("\n", "\\n"))
        key, equals, text = override.partition("=")
        path = tuple(part.strip() for part in key.split("."))
        if not equals or "" in path:
            message = "must be KEY=VALUE with a dotted key, such as --set trainer.epochs=3"
            problems.append(Problem(origin, (), message))
            continue
        try:
            settings.append(Setting(path, parse_value(text), origin))
        except ValueError as error:
            problems.append(Problem(origin, path, str(error)))
    return settings, problems
