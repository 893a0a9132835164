"""The pipeline: one function that builds it in TFX's own DSL, wherever it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tfx.orchestration import pipeline as tfx_pipeline
from tfx.types import channel_utils

from components.evaluator.component import Evaluator
from components.evaluator.thresholds import Bounds, Metric, Scopes, eval_config
from components.example_gen.component import ExampleGen
from components.example_validator.component import ExampleValidator
from components.infra_validator.component import InfraValidator
from components.pusher.component import Pusher
from components.resolver.component import latest_pushed_model
from components.schema_gen.column_types import column_types
from components.schema_gen.component import SchemaGen
from components.statistics_gen.component import StatisticsGen
from components.transform.component import Transform
from pipeline import node_ids
from pipeline.training_nodes import training_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tfx import types
    from tfx.dsl.components.base import base_node

    from components.example_gen.spans import Span
    from pipeline.config.models import EvaluatorConfig, MetricConfig, PipelineConfig, ValueConfig
    from pipeline.use_case import UseCase

Node = TypeVar("Node", bound="base_node.BaseNode")

# DirectRunner first tries to download Prism; and with any container image named, TFX does not
# build a source distribution of itself for every Beam node.
BEAM_PIPELINE_ARGS = (
    "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner",
    "--sdk_container_image=unused",
)


class Locations(NamedTuple):
    """Where the pipeline reads and writes, decided by whoever runs it.

    Attributes:
        data: Folder, file or glob of the input, where it does not come in spans.
        artifacts: TFX's pipeline root, a path or gs:// URI.
        model_store: Folder that receives `<name>/<version>/`.
        curated_schema: Text of the curated schema, or None to infer one.
        spans: The window of spans, oldest first; empty where the data does not come in spans.
    """

    data: str
    artifacts: str
    model_store: str
    curated_schema: str | None
    spans: tuple[Span, ...] = ()


def create_pipeline(
    config: PipelineConfig, use_case: UseCase, locations: Locations
) -> tfx_pipeline.Pipeline:
    """Returns the whole DAG: eleven nodes, more or fewer as the configuration asks.

    Data in spans has an ExampleGen, a StatisticsGen and an ExampleValidator for each span, named by
    its number, so that TFX's cache answers for every span that was there before. All spans of the
    window train the model; the newest judges it.
    """
    example_gens = _example_gens(config, locations)
    window = _together(example_gens, "examples")
    newest = example_gens[-1].outputs["examples"]
    statistics_gens = [
        _of_span(StatisticsGen(gen.outputs["examples"]), gen.id) for gen in example_gens
    ]
    schema_gen = SchemaGen(
        _together(statistics_gens, "statistics"),
        locations.curated_schema,
        config.data.label,
        infer_shapes=config.schema_.infer_shapes,
    )
    schema = schema_gen.outputs["schema"]
    validate = config.data.label, config.data.allow
    example_validators = [
        _of_span(ExampleValidator(gen.outputs["statistics"], schema, *validate), gen.id)
        for gen in statistics_gens
    ]
    transform = Transform(
        window,
        schema,
        use_case.dotted(config.transform.preprocessing_fn),
        statistics=config.transform.statistics,
    )
    training = training_nodes(
        config,
        use_case,
        transform.outputs["transformed_examples"],
        transform.outputs["transform_graph"],
        schema,
    )
    # The data gate: nothing is trained on data that was refused. Transform may run beside it.
    for node in training.present:
        node.add_upstream_nodes(example_validators)
    model = training.trainer.outputs["model"]
    baseline = latest_pushed_model(model)
    evaluator = Evaluator(
        newest,
        model,
        baseline.outputs["model"],
        schema,
        _eval_config(config),
        without_baseline=config.evaluator.without_baseline,
    )
    infra_validator = _infra_validator(config, model, newest, schema)
    pusher = Pusher(
        model,
        evaluator.outputs["blessing"],
        model_store=locations.model_store,
        model_name=config.name,
        infra_blessing=infra_validator.outputs["blessing"] if infra_validator else None,
        examples=window,
        evaluation=evaluator.outputs["evaluation"],
        keep_versions=config.pusher.keep_versions,
        servers=config.pusher.servers,
    )
    nodes: Sequence[base_node.BaseNode | None] = (
        *example_gens,
        *statistics_gens,
        schema_gen,
        *example_validators,
        transform,
        *training.present,
        baseline,
        evaluator,
        infra_validator,
        pusher,
    )
    return tfx_pipeline.Pipeline(
        pipeline_name=config.name,
        pipeline_root=locations.artifacts,
        components=[node for node in nodes if node is not None],
        enable_cache=True,
        beam_pipeline_args=list(BEAM_PIPELINE_ARGS),
    )


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


def _infra_validator(
    config: PipelineConfig,
    model: types.BaseChannel,
    examples: types.BaseChannel,
    schema: types.BaseChannel,
) -> InfraValidator | None:
    settings = config.infra_validator
    if not settings.enabled:
        return None
    return InfraValidator(
        model=model,
        examples=examples,
        schema=schema,
        model_name=config.name,
        num_examples=settings.examples,
        max_latency_ms=settings.max_latency_ms,
        load_timeout_seconds=settings.load_timeout_seconds,
        label=config.data.label,
    )


def _eval_config(config: PipelineConfig) -> Any:
    evaluator: EvaluatorConfig = config.evaluator
    return eval_config(
        evaluator.signature,
        config.transform.label,
        evaluator.slices,
        [_metric(name, metric) for name, metric in evaluator.metrics.items()],
        evaluator.min_slice_size,
        confidence_intervals=evaluator.confidence_intervals,
    )


def _metric(name: str, metric: MetricConfig) -> Metric:
    values = {value: _scopes(bounds) for value, bounds in metric.values.items()}
    return Metric(name, _scopes(metric), values, metric.config)


def _scopes(value: ValueConfig) -> Scopes:
    overall, per_slice = (
        Bounds(bounds.min, bounds.max, bounds.min_change, bounds.max_change)
        for bounds in value.scopes
    )
    return Scopes(overall, per_slice)
