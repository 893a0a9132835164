"""What the evaluation is asked: metrics, their bounds, and slices, as TFMA's EvalConfig."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.fairness_values import (
    FAIRNESS_INDICATORS,
    FAIRNESS_THRESHOLDS,
    value_keys,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CANDIDATE = "candidate"
BASELINE = "baseline"
_FAIRNESS_MODULE = "components.evaluator.fairness"


@dataclass(frozen=True)
class Bounds:
    """What a metric may be, in the metric's own unit; None leaves a side open.

    Attributes:
        min: Lowest value that passes.
        max: Highest value that passes.
        min_change: Lowest candidate minus baseline that passes: -0.02 allows a loss of 0.02.
        max_change: Highest candidate minus baseline that passes. Not together with `min_change`:
            TFMA's change threshold has one direction.
    """

    min: float | None = None
    max: float | None = None
    min_change: float | None = None
    max_change: float | None = None


@dataclass(frozen=True)
class Scopes:
    """Bounds of one value.

    Attributes:
        overall: On all examples together.
        per_slice: On every value of every slice.
    """

    overall: Bounds = Bounds()
    per_slice: Bounds = Bounds()


@dataclass(frozen=True)
class Metric:
    """One metric of the evaluation.

    Attributes:
        name: Class name of a TFMA or Keras metric, or `FairnessIndicators`.
        bounds: Bounds of the metric's value.
        values: Bounds of a metric with several values, by the value's name.
        config: Arguments of the metric's class.
    """

    name: str
    bounds: Scopes = Scopes()
    values: Mapping[str, Scopes] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)


def eval_config(
    signature: str,
    label: str,
    slices: Sequence[Sequence[str]],
    metrics: Sequence[Metric],
    min_slice_size: int = 1,
    *,
    confidence_intervals: bool = False,
) -> config_pb2.EvalConfig:
    """Returns TFMA's configuration for a candidate and a baseline.

    Args:
        signature: The signature that predicts from serialized examples.
        label: Name of the transformed label.
        slices: Feature names of each slice; the overall slice is added.
        metrics: The metrics and their bounds.
        min_slice_size: Slices of fewer examples are left out.
        confidence_intervals: Whether each value gets an interval (95 %, by the jackknife).
    """
    sliced = [config_pb2.SlicingSpec(feature_keys=list(features)) for features in slices]
    config = config_pb2.EvalConfig(
        model_specs=[
            _model_spec(CANDIDATE, signature, label, is_baseline=False),
            _model_spec(BASELINE, signature, label, is_baseline=True),
        ],
        slicing_specs=[config_pb2.SlicingSpec(), *sliced],
        metrics_specs=[_metrics_spec(metrics, sliced)],
    )
    config.options.min_slice_size.value = min_slice_size
    config.options.compute_confidence_intervals.value = confidence_intervals
    if confidence_intervals:
        config.options.confidence_intervals.method = config_pb2.ConfidenceIntervalOptions.JACKKNIFE
    return config


def _model_spec(
    name: str, signature: str, label: str, *, is_baseline: bool
) -> config_pb2.ModelSpec:
    return config_pb2.ModelSpec(
        name=name,
        is_baseline=is_baseline,
        signature_name=signature,
        label_key=label,
        preprocessing_function_names=["transform_features"],
    )


def _metrics_spec(
    metrics: Sequence[Metric], sliced: Sequence[config_pb2.SlicingSpec]
) -> config_pb2.MetricsSpec:
    spec = config_pb2.MetricsSpec(metrics=[config_pb2.MetricConfig(class_name="ExampleCount")])
    for metric in metrics:
        arguments = _arguments(metric)
        spec.metrics.add(
            class_name=metric.name,
            module=_FAIRNESS_MODULE if metric.name == FAIRNESS_INDICATORS else "",
            config=json.dumps(arguments) if arguments else "",
            per_slice_thresholds=_per_slice_thresholds(metric.bounds, sliced),
        )
        for value, scopes in metric.values.items():
            thresholds = _per_slice_thresholds(scopes, sliced)
            for key in value_keys(metric.name, value, tuple(arguments.get("thresholds", ()))):
                spec.per_slice_thresholds[key].thresholds.extend(thresholds)
    return spec


def _arguments(metric: Metric) -> dict[str, Any]:
    defaults = (
        {"thresholds": list(FAIRNESS_THRESHOLDS)} if metric.name == FAIRNESS_INDICATORS else {}
    )
    return {**defaults, **metric.config}


def _per_slice_thresholds(
    scopes: Scopes, sliced: Sequence[config_pb2.SlicingSpec]
) -> list[config_pb2.PerSliceMetricThreshold]:
    # A plain `threshold` would apply to every slice, so the overall slice is named too.
    each = (([config_pb2.SlicingSpec()], scopes.overall), (sliced, scopes.per_slice))
    return [
        config_pb2.PerSliceMetricThreshold(slicing_specs=specs, threshold=_threshold(bounds))
        for specs, bounds in each
        if specs and bounds != Bounds()
    ]


def _threshold(bounds: Bounds) -> config_pb2.MetricThreshold:
    threshold = config_pb2.MetricThreshold()
    if bounds.min is not None:
        threshold.value_threshold.lower_bound.value = bounds.min
    if bounds.max is not None:
        threshold.value_threshold.upper_bound.value = bounds.max
    if bounds.min_change is not None:
        threshold.change_threshold.direction = config_pb2.MetricDirection.HIGHER_IS_BETTER
        threshold.change_threshold.absolute.value = bounds.min_change
    if bounds.max_change is not None:
        threshold.change_threshold.direction = config_pb2.MetricDirection.LOWER_IS_BETTER
        threshold.change_threshold.absolute.value = bounds.max_change
    return threshold
