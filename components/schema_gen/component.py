"""Interface of SchemaGen."""

from __future__ import annotations

from typing import ClassVar

from tfx import types
from tfx.dsl.components.base import base_component
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.executor_specs import ExecutorAt


class SchemaGenSpec(ComponentSpec):
    """Inputs, outputs and parameters of SchemaGen."""

    PARAMETERS: ClassVar = {
        # The text, not a path: TFX's cache sees the value, so an edited schema is a new one.
        "curated_schema": ExecutionParameter(type=str, optional=True),
        "label": ExecutionParameter(type=str, optional=True),
        "infer_shapes": ExecutionParameter(type=bool),
    }
    INPUTS: ClassVar = {
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True)
    }
    OUTPUTS: ClassVar = {"schema": ChannelParameter(type=standard_artifacts.Schema)}


class SchemaGen(base_component.BaseComponent):
    """Publishes the curated schema, or infers one from the statistics of all splits.

    Args:
        statistics: Channel of ExampleStatistics; needed to infer, unused for a curated schema.
        curated_schema: A TFMD schema as text (pbtxt), or None to infer.
        label: Raw label feature, required in every row of the TRAINING environment and absent in
            SERVING, whatever the schema says of it.
        infer_shapes: Whether a feature that always has one value is inferred as dense.

    Raises:
        ValueError: Neither statistics nor a curated schema is given.
    """

    SPEC_CLASS = SchemaGenSpec
    EXECUTOR_SPEC = ExecutorAt("components.schema_gen.executor.Executor")

    def __init__(
        self,
        statistics: types.BaseChannel | None = None,
        curated_schema: str | None = None,
        label: str | None = None,
        *,
        infer_shapes: bool = True,
    ) -> None:
        if statistics is None and curated_schema is None:
            raise ValueError("SchemaGen needs statistics to infer from, or a curated schema")
        super().__init__(
            spec=SchemaGenSpec(
                statistics=None if curated_schema else statistics,
                curated_schema=curated_schema,
                label=label,
                infer_shapes=infer_shapes,
                schema=types.Channel(type=standard_artifacts.Schema),
            )
        )
