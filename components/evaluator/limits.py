"""The limits that an EvalConfig sets, whoever built it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tensorflow_model_analysis.metrics import metric_specs
from tensorflow_model_analysis.proto import config_pb2

from components.evaluation_artifact import OVERALL, metric_name
from components.evaluator.errors import EvaluationError
from components.evaluator.gate import Limit
from components.evaluator.metric_names import check_metric_name

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERY_SLICE = "every slice"


@dataclass(frozen=True)
class ScopedLimit:
    """A limit with TFMA's description of the slices that it is meant for.

    Attributes:
        limit: The limit.
        slices: A `SlicingSpec`, or None for every slice.
    """

    limit: Limit
    slices: Any


def limits_of(config: config_pb2.EvalConfig) -> list[ScopedLimit]:
    """Returns all limits.

    Raises:
        EvaluationError: There is none; or one is of a kind that this gate does not know; or a
            metric does not exist or does not take its arguments.
    """
    limits = list(_limits(config))
    if not limits:
        raise EvaluationError(
            "the evaluation has no threshold, so every model would be blessed; "
            "add one to evaluator.metrics, such as AUC: {min: 0.7}"
        )
    return limits


def _limits(config: config_pb2.EvalConfig) -> Iterator[ScopedLimit]:
    for metric in (metric for spec in config.metrics_specs for metric in spec.metrics):
        _check(metric)
    thresholds = metric_specs.metric_thresholds_from_metrics_specs(
        config.metrics_specs, eval_config=config
    )
    for key, each in thresholds.items():
        for spec, threshold in each:
            if isinstance(spec, config_pb2.CrossSlicingSpec):
                raise EvaluationError(
                    f"{key.name} has a cross-slice threshold, which this gate does not hold "
                    "models against; bound the metric per slice instead"
                )
            yield ScopedLimit(_limit(metric_name(key.to_proto()), spec, threshold), spec)


def _check(metric: config_pb2.MetricConfig) -> None:
    try:
        if not metric.module:
            check_metric_name(metric.class_name)
        metric_specs.metric_instance(metric)
    except Exception as error:
        raise EvaluationError(
            f"the metric {metric.class_name} cannot be made of its config "
            f"{metric.config or '{}'}: {error}"
        ) from error


def _limit(metric: str, spec: Any, threshold: Any) -> Limit:
    scope = scope_name(spec)
    if isinstance(threshold, config_pb2.GenericValueThreshold):
        return Limit(
            metric,
            scope,
            threshold.lower_bound.value if threshold.HasField("lower_bound") else None,
            threshold.upper_bound.value if threshold.HasField("upper_bound") else None,
        )
    if threshold.HasField("relative") or not threshold.HasField("absolute"):
        raise EvaluationError(
            f"{metric} has a relative change threshold; this gate knows absolute ones only"
        )
    bound = threshold.absolute.value
    if threshold.direction == config_pb2.MetricDirection.HIGHER_IS_BETTER:
        return Limit(metric, scope, lowest=bound, is_change=True)
    if threshold.direction == config_pb2.MetricDirection.LOWER_IS_BETTER:
        return Limit(metric, scope, highest=bound, is_change=True)
    raise EvaluationError(f"the change threshold of {metric} has no direction; give it one")


def scope_name(spec: Any) -> str:
    """Returns the kind of slices that a `SlicingSpec` describes, for a person."""
    if spec is None:
        return EVERY_SLICE
    values = [f"{name}={value}" for name, value in sorted(spec.feature_values.items())]
    return ", ".join([*spec.feature_keys, *values]) or OVERALL
