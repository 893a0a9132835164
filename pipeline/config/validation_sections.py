"""Sections about the gates of a model: its quality and whether it can be served."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, Strict, field_validator, model_validator
from typing_extensions import Self

from components.evaluator.fairness_values import (
    FAIRNESS_INDICATORS,
    FAIRNESS_THRESHOLDS,
    check_fairness_value,
)
from pipeline.config.base import (
    FeatureNames,
    FreeMapping,
    MetricName,
    Section,
    Text,
    empty_for_null,
)
from pipeline.config.server_pod_section import ServerPodConfig


class BoundsConfig(Section):
    """What a metric may be; null leaves a side open."""

    min: float | None = Field(default=None, description="Smallest value that is accepted.")
    max: float | None = Field(default=None, description="Largest value that is accepted.")
    min_change: float | None = Field(
        default=None,
        description="Smallest accepted difference to the latest pushed model: -0.02 lets the "
        "metric fall by 0.02.",
    )
    max_change: float | None = Field(
        default=None,
        description="Largest accepted difference to the latest pushed model: 0.02 lets the "
        "metric rise by 0.02. Not together with `min_change`.",
    )

    @property
    def has_threshold(self) -> bool:
        """Whether a model can fail on these bounds."""
        bounds = (self.min, self.max, self.min_change, self.max_change)
        return any(bound is not None for bound in bounds)

    @model_validator(mode="after")
    def _leave_room(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(
                f"min {self.min} is above max {self.max}, so no model can pass; swap them"
            )
        if self.min_change is not None and self.max_change is not None:
            raise ValueError(
                "has both min_change and max_change, and TFMA compares in one direction only; "
                "keep min_change where larger is better, max_change where smaller is better"
            )
        return self


class ValueConfig(BoundsConfig):
    """Bounds of one value, on all examples together and on each slice."""

    per_slice: BoundsConfig = Field(
        default=BoundsConfig(),
        description="The same four bounds, held against every value of every slice.",
    )

    @property
    def scopes(self) -> tuple[BoundsConfig, BoundsConfig]:
        """The bounds on all examples together, and those on every slice."""
        return self, self.per_slice


class MetricConfig(ValueConfig):
    """One metric: its bounds and its options."""

    values: Annotated[dict[Text, ValueConfig], BeforeValidator(empty_for_null)] = Field(
        default={},
        description="Bounds of a metric that has several values, by the value's name, such as "
        "`false_positive_rate: {max: 0.1, per_slice: {max: 0.15}}` of `FairnessIndicators`; "
        "`false_positive_rate@0.3` is that rate at one of `config: {thresholds: [0.3, 0.5]}`, "
        "the scores from which on a prediction counts as positive (`[0.5]` if left out).",
    )
    config: FreeMapping = Field(
        default={}, description="Arguments of the metric's class, such as `{num_thresholds: 200}`."
    )

    @property
    def bounded(self) -> tuple[ValueConfig, ...]:
        """Everything of this metric that can have bounds."""
        return (self, *self.values.values())


class EvaluatorConfig(Section):
    """The gate on a model's quality, with TFMA."""

    signature: Text = Field(
        default="serving_default", description="Signature of the model that is evaluated."
    )
    slices: Annotated[tuple[FeatureNames, ...], Strict(strict=False)] = Field(
        default=(),
        description="Lists of feature names: `[[company], [day, hour]]` evaluates each company "
        "and each pair of day and hour. The overall slice is always there. Values are the raw "
        "ones; a name that only preprocessing_fn gives means its transformed feature.",
    )
    min_slice_size: int = Field(
        default=1, ge=1, description="Values of a slice with fewer examples are left out."
    )
    metrics: Annotated[dict[MetricName, MetricConfig], BeforeValidator(empty_for_null)] = Field(
        description="Metric class names of TFMA or Keras, or `FairnessIndicators`, with their "
        "thresholds and options, such as `AUC: {min: 0.7}`; at least one threshold is needed. A "
        "value that is not a number (an AUC where one class is missing) misses its threshold."
    )
    confidence_intervals: bool = Field(
        default=False,
        description="Whether values get 95 % confidence intervals (jackknife), and thresholds are "
        "held against the end of the interval that is nearer to failing: `min` and `min_change` "
        "against the lower end, `max` and `max_change` against the upper one. A value without an "
        "interval, as in a slice of a few examples, is held as it is. With the 10,000 thresholds "
        "of an AUC this takes a minute; `AUC: {config: {num_thresholds: 200}}` makes it quick.",
    )
    without_baseline: Literal["accept", "refuse"] = Field(
        default="accept",
        description="What becomes of a model while none has ever been pushed, so that "
        "`min_change` and `max_change` cannot be held against anything: `accept` passes it if all "
        "other thresholds are met, `refuse` stops the run, with or without such thresholds. Run "
        "once with `--set evaluator.without_baseline=accept` to push a first model that you have "
        "looked at.",
    )

    @field_validator("slices")
    @classmethod
    def _check_slices(cls, slices: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        if () in slices:
            raise ValueError("has an empty slice; remove it, the overall slice is always there")
        seen: set[frozenset[str]] = set()
        for names in slices:
            if frozenset(names) in seen:
                raise ValueError(f"names the slice [{', '.join(names)}] twice; remove one")
            seen.add(frozenset(names))
        return slices

    @field_validator("metrics")
    @classmethod
    def _need_a_threshold(cls, metrics: dict[str, MetricConfig]) -> dict[str, MetricConfig]:
        values = [value for metric in metrics.values() for value in metric.bounded]
        if not any(bounds.has_threshold for value in values for bounds in value.scopes):
            raise ValueError(
                "has no threshold, so every model would be blessed; "
                "add one, such as AUC: {min: 0.7}"
            )
        return metrics

    @field_validator("metrics")
    @classmethod
    def _check_fairness(cls, metrics: dict[str, MetricConfig]) -> dict[str, MetricConfig]:
        fairness = metrics.get(FAIRNESS_INDICATORS)
        if fairness is None:
            return metrics
        if any(bounds.has_threshold for bounds in fairness.scopes):
            raise ValueError(
                f"{FAIRNESS_INDICATORS} has several values and none of its own; put the bounds "
                "below one of them, such as values: {false_positive_rate: {max: 0.1}}"
            )
        thresholds = _fairness_thresholds(fairness.config)
        for name in fairness.values:
            check_fairness_value(name, thresholds)
        return metrics

    @model_validator(mode="after")
    def _need_slices_for_their_bounds(self) -> Self:
        bounded = [
            name
            for name, metric in self.metrics.items()
            if any(value.per_slice.has_threshold for value in metric.bounded)
        ]
        if bounded and not self.slices:
            raise ValueError(
                f"{bounded[0]} has bounds per_slice, but there are no slices; "
                "add evaluator.slices, such as [[company]]"
            )
        return self


def _fairness_thresholds(config: dict[str, Any]) -> tuple[float, ...]:
    thresholds = config.get("thresholds", FAIRNESS_THRESHOLDS)
    if not isinstance(thresholds, (list, tuple)) or not all(
        isinstance(each, float) and 0 < each < 1 for each in thresholds
    ):
        raise ValueError(
            f"{FAIRNESS_INDICATORS} needs thresholds between 0 and 1, "
            "such as config: {thresholds: [0.5]}"
        )
    return tuple(thresholds)


class InfraValidatorConfig(Section):
    """The gate on serving: a model server loads the model and answers real requests."""

    enabled: bool = Field(default=True, description="Whether the pipeline has an InfraValidator.")
    backend: Literal["process", "kubernetes"] = Field(
        default="process",
        description="Where the server runs: `process` starts the embedded server beside the node; "
        "`kubernetes` starts a Pod beside the task's Pod, with the image that serves in the "
        "cluster. A local run always starts a process.",
    )
    kubernetes: ServerPodConfig = Field(
        default=ServerPodConfig(), description="The Pod of the backend `kubernetes`."
    )
    examples: int = Field(
        default=16, ge=1, description="Examples of the eval split that are sent to the server."
    )
    max_latency_ms: float = Field(
        default=1000.0, gt=0, description="Largest accepted latency of one request, median."
    )
    load_timeout_seconds: float = Field(
        default=60.0, gt=0, description="Time that the server has to load the model."
    )
