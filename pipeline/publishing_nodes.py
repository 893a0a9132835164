"""The nodes that judge a model and publish it: baseline, Evaluator, InfraValidator, Pusher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from components.evaluator.component import Evaluator
from components.evaluator.thresholds import Bounds, Metric, Scopes, eval_config
from components.infra_validator.cluster.settings import PodSettings
from components.infra_validator.component import InfraValidator
from components.pusher.component import Pusher
from components.resolver.component import latest_pushed_model

if TYPE_CHECKING:
    from tfx import types
    from tfx.dsl.components.base import base_node
    from tfx.dsl.components.common import resolver

    from pipeline.config.models import EvaluatorConfig, MetricConfig, PipelineConfig, ValueConfig
    from pipeline.data_nodes import DataNodes


class PublishingNodes(NamedTuple):
    """The nodes, in order.

    Attributes:
        baseline: The resolver of the model to compare with.
        evaluator: Evaluator, the gate on quality.
        infra_validator: InfraValidator, the gate on serving; None where it is turned off.
        pusher: Pusher.
    """

    baseline: resolver.Resolver
    evaluator: Evaluator
    infra_validator: InfraValidator | None
    pusher: Pusher

    @property
    def present(self) -> tuple[base_node.BaseNode, ...]:
        """The nodes that this pipeline has."""
        return tuple(node for node in self if node is not None)


def publishing_nodes(
    config: PipelineConfig, model: types.BaseChannel, data: DataNodes, model_store: str
) -> PublishingNodes:
    """Returns the nodes after Trainer. All spans trained the model; the newest judges it.

    Args:
        config: The resolved configuration.
        model: Channel of the Model.
        data: The nodes that read the data.
        model_store: Folder that receives `<name>/<version>/`.
    """
    baseline = latest_pushed_model(model)
    evaluator = Evaluator(
        data.newest,
        model,
        baseline.outputs["model"],
        data.schema,
        _eval_config(config),
        gone_baseline=baseline.outputs["pushed_model"],
        without_baseline=config.evaluator.without_baseline,
    )
    infra_validator = _infra_validator(config, model, data.newest, data.schema)
    pusher = Pusher(
        model,
        evaluator.outputs["blessing"],
        model_store=model_store,
        model_name=config.name,
        infra_blessing=infra_validator.outputs["blessing"] if infra_validator else None,
        examples=data.window,
        evaluation=evaluator.outputs["evaluation"],
        earlier_pushes=baseline.outputs["earlier_pushes"],
        latest_model=baseline.outputs["model"],
        keep_versions=config.pusher.keep_versions,
        servers=config.pusher.servers,
        push_older_span=config.pusher.push_older_span,
        spans_are_dates="{YYYY}" in config.data.path,
    )
    return PublishingNodes(baseline, evaluator, infra_validator, pusher)


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
        backend=settings.backend,
        server_pod=PodSettings(**settings.kubernetes.model_dump()),
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
