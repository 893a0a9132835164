"""Interface of Transform."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_beam_component
from tfx.types import standard_artifacts, standard_component_specs
from tfx.utils import json_utils

from components.executor_specs import BeamExecutorAt


class Transform(base_beam_component.BaseBeamComponent):
    """Analyses the train split, transforms every split, and writes the graph that does it.

    Args:
        examples: Channel of Examples.
        schema: Channel of Schema.
        preprocessing_fn: Dotted path of the use case's `preprocessing_fn`.
        statistics: Whether to compute statistics before and after the transformation as well.
    """

    SPEC_CLASS = standard_component_specs.TransformSpec
    EXECUTOR_SPEC = BeamExecutorAt("components.transform.executor.Executor")

    def __init__(
        self,
        examples: types.BaseChannel,
        schema: types.BaseChannel,
        preprocessing_fn: str,
        *,
        statistics: bool = False,
    ) -> None:
        transformed = types.Channel(type=standard_artifacts.Examples)
        transformed.matching_channel_name = "examples"
        super().__init__(
            spec=standard_component_specs.TransformSpec(
                examples=examples,
                schema=schema,
                preprocessing_fn=preprocessing_fn,
                force_tf_compat_v1=0,
                disable_statistics=int(not statistics),
                custom_config=json_utils.dumps(None),
                transform_graph=types.Channel(type=standard_artifacts.TransformGraph),
                transformed_examples=transformed,
                **(_statistics_outputs() if statistics else {}),
            )
        )


def _statistics_outputs() -> dict[str, types.Channel]:
    return {
        "pre_transform_schema": types.Channel(type=standard_artifacts.Schema),
        "pre_transform_stats": types.Channel(type=standard_artifacts.ExampleStatistics),
        "post_transform_schema": types.Channel(type=standard_artifacts.Schema),
        "post_transform_stats": types.Channel(type=standard_artifacts.ExampleStatistics),
        "post_transform_anomalies": types.Channel(type=standard_artifacts.ExampleAnomalies),
    }
