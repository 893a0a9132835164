"""Sections about the gates of a model: its quality and whether it can be served."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, Strict, field_validator, model_validator

from pipeline.config.base import (
    FeatureNames,
    FreeMapping,
    MetricName,
    Section,
    Text,
    empty_for_null,
)


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
    def _leave_room(self) -> BoundsConfig:
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


class MetricConfig(BoundsConfig):
    """One TFMA metric: its bounds on all examples together and on each slice, and its options."""

    per_slice: BoundsConfig = Field(
        default=BoundsConfig(),
        description="The same four bounds, held against every value of every slice.",
    )
    config: FreeMapping = Field(
        default={}, description="Arguments of the metric's class, such as `{num_thresholds: 200}`."
    )


class EvaluatorConfig(Section):
    """The gate on a model's quality, with TFMA."""

    signature: Text = Field(
        default="serving_default", description="Signature of the model that is evaluated."
    )
    slices: Annotated[tuple[FeatureNames, ...], Strict(strict=False)] = Field(
        default=(),
        description="Lists of feature names: `[[company], [day, hour]]` evaluates each company "
        "and each pair of day and hour. The overall slice is always there.",
    )
    min_slice_size: int = Field(
        default=1, ge=1, description="Values of a slice with fewer examples are left out."
    )
    metrics: Annotated[dict[MetricName, MetricConfig], BeforeValidator(empty_for_null)] = Field(
        description="TFMA metric class names with their thresholds and options, such as "
        "`AUC: {min: 0.7}`; at least one threshold is needed."
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
        bounds = [each for metric in metrics.values() for each in (metric, metric.per_slice)]
        if not any(each.has_threshold for each in bounds):
            raise ValueError(
                "has no threshold, so every model would be blessed; "
                "add one, such as AUC: {min: 0.7}"
            )
        return metrics

    @model_validator(mode="after")
    def _need_slices_for_their_bounds(self) -> EvaluatorConfig:
        bounded = [name for name, metric in self.metrics.items() if metric.per_slice.has_threshold]
        if bounded and not self.slices:
            raise ValueError(
                f"{bounded[0]} has bounds per_slice, but there are no slices; "
                "add evaluator.slices, such as [[company]]"
            )
        return self


class InfraValidatorConfig(Section):
    """The gate on serving: a model server loads the model and answers real requests."""

    enabled: bool = Field(default=True, description="Whether the pipeline has an InfraValidator.")
    examples: int = Field(
        default=16, ge=1, description="Examples of the eval split that are sent to the server."
    )
    max_latency_ms: float = Field(
        default=1000.0, gt=0, description="Largest accepted latency of one request, median."
    )
    load_timeout_seconds: float = Field(
        default=60.0, gt=0, description="Time that the server has to load the model."
    )
