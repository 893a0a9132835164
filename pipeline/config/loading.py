"""Loads a use case's configuration: `--set`, then the environment, then the file, then defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pipeline.config.config_file import read_config_file
from pipeline.config.environment import read_environment
from pipeline.config.models import PipelineConfig
from pipeline.config.origins import LayeredValues, Origin, Setting, Source
from pipeline.config.overrides import read_overrides
from pipeline.config.problems import describe, in_order
from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class LoadedConfig:
    """A valid configuration and where its values come from.

    Attributes:
        config: The configuration.
        layers: The values that were given, with their origins.
    """

    config: PipelineConfig
    layers: LayeredValues


def load_config(
    use_case_dir: Path,
    overrides: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
) -> PipelineConfig:
    """Loads and checks the configuration of a use case.

    Args:
        use_case_dir: Folder with `pipeline.yaml`.
        overrides: Values of the `--set` options, `a.b=c`; later ones win.
        environ: Environment variables; those that begin with `TIDEMILL_` count.

    Raises:
        ConfigurationError: Anything is wrong; it carries every problem found, each with its
            place (file and line, variable or option), key, value and fix.
    """
    return load_with_origins(use_case_dir, overrides, environ).config


def load_with_origins(
    use_case_dir: Path,
    overrides: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
) -> LoadedConfig:
    """Does what `load_config` does, and also tells where each value comes from."""
    file = read_config_file(use_case_dir)
    from_environment, environment_problems = read_environment(environ, file.values or {})
    from_options, option_problems = read_overrides(overrides)
    problems = [*file.problems, *environment_problems, *option_problems]
    if file.values is None:
        raise ConfigurationError(*in_order(problems))

    layers = LayeredValues(file.values, file.origins)
    for setting in (*from_environment, *from_options):
        layers.add(setting)
    if layers.values.get("name") is None:
        layers.add(_folder_name(use_case_dir))
    try:
        config = PipelineConfig.model_validate(layers.values)
    except ValidationError as error:
        # A value that could not be read stands as null; one complaint about it is enough.
        unread = {problem.path for problem in problems}
        described = (describe(item, layers, file.origin) for item in error.errors())
        problems += [problem for problem in described if problem.path not in unread]
    if problems:
        raise ConfigurationError(*in_order(problems))
    return LoadedConfig(config, layers)


def _folder_name(folder: Path) -> Setting:
    name = folder.resolve().name
    return Setting(("name",), name, Origin(Source.FOLDER, f"the folder's name {name}"))
