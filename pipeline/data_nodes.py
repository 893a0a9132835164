"""The nodes that read the data and hold it against its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tfx.types import channel_utils

from components.example_gen.component import ExampleGen
from components.example_validator.component import ExampleValidator
from components.schema_gen.column_types import column_types
from components.schema_gen.component import SchemaGen
from components.statistics_gen.component import StatisticsGen
from pipeline import node_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tfx import types
    from tfx.dsl.components.base import base_node

    from pipeline.config.models import PipelineConfig
    from pipeline.dag import Locations

Node = TypeVar("Node", bound="base_node.BaseNode")


class DataNodes(NamedTuple):
    """The nodes, one of a kind for each span, the oldest first.

    Attributes:
        example_gens: ExampleGen.
        statistics_gens: StatisticsGen.
        schema_gen: SchemaGen, one for all spans.
        example_validators: ExampleValidator, the data gate.
    """

    example_gens: list[ExampleGen]
    statistics_gens: list[StatisticsGen]
    schema_gen: SchemaGen
    example_validators: list[ExampleValidator]

    @property
    def present(self) -> tuple[base_node.BaseNode, ...]:
        """All nodes, in order."""
        return (
            *self.example_gens,
            *self.statistics_gens,
            self.schema_gen,
            *self.example_validators,
        )

    @property
    def window(self) -> types.BaseChannel:
        """Channel of the Examples of all spans."""
        return _together(self.example_gens, "examples")

    @property
    def newest(self) -> types.BaseChannel:
        """Channel of the newest span's Examples."""
        return self.example_gens[-1].outputs["examples"]

    @property
    def schema(self) -> types.BaseChannel:
        """Channel of the Schema."""
        return self.schema_gen.outputs["schema"]


def data_nodes(config: PipelineConfig, locations: Locations) -> DataNodes:
    """Returns the nodes before Transform.

    Data in spans has an ExampleGen, a StatisticsGen and an ExampleValidator for each span, named by
    its number, so that TFX's cache answers for every span that was there before.

    Args:
        config: The resolved configuration.
        locations: Where the data and the schema are.
    """
    example_gens = _example_gens(config, locations)
    statistics_gens = [
        _of_span(StatisticsGen(gen.outputs["examples"]), gen.id) for gen in example_gens
    ]
    schema_gen = SchemaGen(
        _together(statistics_gens, "statistics"),
        locations.curated_schema,
        config.data.label,
        infer_shapes=config.schema_.infer_shapes,
    )
    schema, label, allow = schema_gen.outputs["schema"], config.data.label, config.data.allow
    example_validators = [
        _of_span(ExampleValidator(gen.outputs["statistics"], schema, label, allow), gen.id)
        for gen in statistics_gens
    ]
    return DataNodes(example_gens, statistics_gens, schema_gen, example_validators)


def _example_gens(config: PipelineConfig, locations: Locations) -> list[ExampleGen]:
    """Returns one ExampleGen for each span, oldest first; one in all for data without spans."""
    data = config.data
    settings = data.format, data.splits, data.label, data.types
    schema_types = column_types(locations.curated_schema)
    if not locations.spans:
        return [ExampleGen(locations.data, *settings, schema_types)]
    return [
        ExampleGen(span.path, *settings, schema_types, span.number, span.version).with_id(
            node_ids.of_span("ExampleGen", span.number)
        )
        for span in locations.spans
    ]


def _of_span(node: Node, other_id: str) -> Node:
    """Gives a node an id with the same span as another one's."""
    node.with_id(node_ids.like(node.id, other_id))
    return node


def _together(nodes: Sequence[base_node.BaseNode], output: str) -> types.BaseChannel:
    channels = [node.outputs[output] for node in nodes]
    return channels[0] if len(channels) == 1 else channel_utils.union(channels)
