"""TFMA's validation result as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.gates import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLUMNS = ("slice", "metric", "value", "threshold", "result")
_OVERALL = "all examples"


def verdict_of(
    validation: Any, overall_metrics: Mapping[str, float], *, has_baseline: bool
) -> Verdict:
    """Returns the model gate's verdict.

    Args:
        validation: TFMA's `ValidationResult`.
        overall_metrics: Metrics on all examples, by name.
        has_baseline: Whether the candidate was compared with a pushed model.
    """
    against = "the latest pushed model" if has_baseline else "no baseline (nothing pushed yet)"
    failures = (*_failures(validation), *_missing_slices(validation))
    passed_rows = tuple(
        (_OVERALL, name, f"{value:.4g}", "", "measured")
        for name, value in sorted(overall_metrics.items())
    )
    if validation.validation_ok:
        return Verdict(
            passed=True,
            headline=f"all thresholds met; compared with {against}",
            columns=COLUMNS,
            rows=passed_rows,
        )
    missed = "1 threshold" if len(failures) == 1 else f"{len(failures)} thresholds"
    headline = f"{missed} missed; compared with {against}"
    return Verdict(
        passed=False,
        headline=headline,
        columns=COLUMNS,
        rows=failures + passed_rows,
        advice="improve the model or its data, or change evaluator.metrics; nothing was pushed",
    )


def _failures(validation: Any) -> Iterable[tuple[str, ...]]:
    for in_slice in validation.metric_validations_per_slice:
        name = slice_name(in_slice.slice_key)
        for failure in in_slice.failures:
            value, bound = _value_and_bound(failure)
            yield (name, failure.metric_key.name, value, bound, "missed")


def _missing_slices(validation: Any) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (str(spec).strip().replace("\n", " ") or _OVERALL, "", "", "", "no such slice in the data")
        for spec in validation.missing_slices
    )


def slice_name(slice_key: Any) -> str:
    """Returns a slice as `hour=7, day=2`, from TFMA's `SliceKey`."""
    parts = []
    for single in slice_key.single_slice_keys:
        kind = single.WhichOneof("kind")
        value = getattr(single, kind) if kind else ""
        text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        parts.append(f"{single.column}={text}")
    return ", ".join(parts) or _OVERALL


def _value_and_bound(failure: Any) -> tuple[str, str]:
    threshold = failure.metric_threshold
    if threshold.HasField("change_threshold"):
        change = threshold.change_threshold
        at_least = change.direction != _LOWER_IS_BETTER
        sign = ">=" if at_least else "<="
        return _shown(failure, "+.4g"), f"change {sign} {change.absolute.value:+g}"
    bounds = threshold.value_threshold
    parts = []
    if bounds.HasField("lower_bound"):
        parts.append(f">= {bounds.lower_bound.value:g}")
    if bounds.HasField("upper_bound"):
        parts.append(f"<= {bounds.upper_bound.value:g}")
    return _shown(failure, ".4g"), " and ".join(parts)


def _shown(failure: Any, number_format: str) -> str:
    metric_value = failure.metric_value
    if metric_value.WhichOneof("type") == "double_value":
        return format(metric_value.double_value.value, number_format)
    return failure.message or "not computed"


# tensorflow_model_analysis.MetricDirection.LOWER_IS_BETTER; a number, so that TFMA stays out.
_LOWER_IS_BETTER = 1
