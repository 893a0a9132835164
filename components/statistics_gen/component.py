"""Interface of StatisticsGen. TFX's own executor does the work."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_beam_component
from tfx.types import standard_artifacts, standard_component_specs
from tfx.utils import json_utils

from components.executor_specs import BeamExecutorAt


class StatisticsGen(base_beam_component.BaseBeamComponent):
    """Computes TFDV statistics of every split.

    Args:
        examples: Channel of Examples.
    """

    SPEC_CLASS = standard_component_specs.StatisticsGenSpec
    EXECUTOR_SPEC = BeamExecutorAt("tfx.components.statistics_gen.executor.Executor")

    def __init__(self, examples: types.BaseChannel) -> None:
        super().__init__(
            spec=standard_component_specs.StatisticsGenSpec(
                examples=examples,
                exclude_splits=json_utils.dumps([]),
                statistics=types.Channel(type=standard_artifacts.ExampleStatistics),
            )
        )
