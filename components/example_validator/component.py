"""Interface of ExampleValidator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from tfx import types
from tfx.dsl.components.base import base_component
from tfx.types import standard_artifacts, standard_component_specs
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.executor_specs import ExecutorAt

if TYPE_CHECKING:
    from collections.abc import Sequence


class ExampleValidatorSpec(ComponentSpec):
    """Inputs, outputs and parameters of ExampleValidator."""

    PARAMETERS: ClassVar = {
        "label": ExecutionParameter(type=str, optional=True),
        "allow": ExecutionParameter(type=str),
    }
    INPUTS: ClassVar = {
        standard_component_specs.STATISTICS_KEY: ChannelParameter(
            type=standard_artifacts.ExampleStatistics
        ),
        standard_component_specs.SCHEMA_KEY: ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS: ClassVar = {
        standard_component_specs.ANOMALIES_KEY: ChannelParameter(
            type=standard_artifacts.ExampleAnomalies
        )
    }


class ExampleValidator(base_component.BaseComponent):
    """Compares the statistics of every split with the schema; a gate.

    Args:
        statistics: Channel of ExampleStatistics.
        schema: Channel of Schema.
        label: Raw feature that every row must have, whatever is allowed.
        allow: Anomalies that only warn: kinds, features, or `feature: KIND`.
    """

    SPEC_CLASS = ExampleValidatorSpec
    EXECUTOR_SPEC = ExecutorAt("components.example_validator.executor.Executor")

    def __init__(
        self,
        statistics: types.BaseChannel,
        schema: types.BaseChannel,
        label: str | None = None,
        allow: Sequence[str] = (),
    ) -> None:
        super().__init__(
            spec=ExampleValidatorSpec(
                statistics=statistics,
                schema=schema,
                label=label,
                allow=json.dumps(list(allow)),
                anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
            )
        )
