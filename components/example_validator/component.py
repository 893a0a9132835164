"""Interface of ExampleValidator."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_component
from tfx.types import standard_artifacts, standard_component_specs
from tfx.utils import json_utils

from components.executor_specs import executor_at


class ExampleValidator(base_component.BaseComponent):
    """Compares the statistics of every split with the schema; a gate.

    Args:
        statistics: Channel of ExampleStatistics.
        schema: Channel of Schema.
    """

    SPEC_CLASS = standard_component_specs.ExampleValidatorSpec
    EXECUTOR_SPEC = executor_at("components.example_validator.executor.Executor")

    def __init__(self, statistics: types.BaseChannel, schema: types.BaseChannel) -> None:
        super().__init__(
            spec=standard_component_specs.ExampleValidatorSpec(
                statistics=statistics,
                schema=schema,
                exclude_splits=json_utils.dumps([]),
                anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
            )
        )
