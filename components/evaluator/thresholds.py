"""What the evaluation is asked: metrics, their bounds, and slices, as TFMA's EvalConfig."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tensorflow_model_analysis.proto import config_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CANDIDATE = "candidate"
BASELINE = "baseline"


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
class Metric:
    """One metric of the evaluation.

    Attributes:
        name: Class name of a TFMA or Keras metric: `AUC`.
        overall: Bounds on all examples together.
        per_slice: Bounds on every value of every slice.
        config: Arguments of the metric's class.
    """

    name: str
    overall: Bounds = Bounds()
    per_slice: Bounds = Bounds()
    config: Mapping[str, Any] = field(default_factory=dict)


def eval_config(
    signature: str,
    label: str,
    slices: Sequence[Sequence[str]],
    metrics: Sequence[Metric],
    min_slice_size: int = 1,
) -> config_pb2.EvalConfig:
    """Returns TFMA's configuration for a candidate and a baseline.

    Args:
        signature: The signature that predicts from serialized examples.
        label: Name of the transformed label.
        slices: Feature names of each slice; the overall slice is added.
        metrics: The metrics and their bounds.
        min_slice_size: Slices of fewer examples are left out.
    """
    sliced = [config_pb2.SlicingSpec(feature_keys=list(features)) for features in slices]
    config = config_pb2.EvalConfig(
        model_specs=[
            _model_spec(CANDIDATE, signature, label, is_baseline=False),
            _model_spec(BASELINE, signature, label, is_baseline=True),
        ],
        slicing_specs=[config_pb2.SlicingSpec(), *sliced],
        metrics_specs=[
            config_pb2.MetricsSpec(
                metrics=[
                    config_pb2.MetricConfig(class_name="ExampleCount"),
                    *(_metric_config(metric, sliced) for metric in metrics),
                ]
            )
        ],
    )
    config.options.min_slice_size.value = min_slice_size
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


def _metric_config(
    metric: Metric, sliced: Sequence[config_pb2.SlicingSpec]
) -> config_pb2.MetricConfig:
    # A plain `threshold` would apply to every slice, so the overall slice is named too.
    config = config_pb2.MetricConfig(
        class_name=metric.name, config=json.dumps(dict(metric.config)) if metric.config else ""
    )
    for specs, bounds in (([config_pb2.SlicingSpec()], metric.overall), (sliced, metric.per_slice)):
        threshold = _threshold(bounds)
        if threshold.ListFields() and specs:
            config.per_slice_thresholds.add(slicing_specs=specs, threshold=threshold)
    return config


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
