"""The values of FairnessIndicators: rates at thresholds, known without importing TFMA."""

from __future__ import annotations

import difflib

FAIRNESS_INDICATORS = "FairnessIndicators"
FAIRNESS_THRESHOLDS = (0.5,)
FAIRNESS_RATES = (
    "false_positive_rate",
    "false_negative_rate",
    "true_positive_rate",
    "true_negative_rate",
    "positive_rate",
    "negative_rate",
    "false_discovery_rate",
    "false_omission_rate",
    "precision",
    "recall",
)
_FAIRNESS_PREFIX = "fairness_indicators_metrics"


def check_fairness_value(name: str, thresholds: tuple[float, ...]) -> None:
    """Raises ValueError if `name` is no value of FairnessIndicators with these thresholds.

    Args:
        name: A rate, or a rate at one threshold: `false_positive_rate@0.5`.
        thresholds: Scores from which on a prediction counts as positive.
    """
    rate, at, threshold = name.partition("@")
    if rate not in FAIRNESS_RATES:
        near = difflib.get_close_matches(rate, FAIRNESS_RATES, n=1)
        advice = f"did you mean {near[0]}?" if near else f"it has {', '.join(FAIRNESS_RATES)}"
        raise ValueError(f"{FAIRNESS_INDICATORS} has no value {rate!r}; {advice}")
    if at and threshold not in map(str, thresholds):
        raise ValueError(
            f"{FAIRNESS_INDICATORS} is not computed at {threshold!r}; "
            f"add it to the metric's config: {{thresholds: {list(thresholds)}}}"
        )


def value_keys(metric: str, value: str, thresholds: tuple[float, ...]) -> tuple[str, ...]:
    """Returns TFMA's keys of one of the values of a metric that has several.

    Args:
        metric: Class name of the metric.
        value: As the configuration names it. A rate of FairnessIndicators without a threshold
            means the rate at each of them.
        thresholds: Those of FairnessIndicators.
    """
    if metric != FAIRNESS_INDICATORS:
        return (value,)
    names = (value,) if "@" in value else tuple(fairness_value(value, at) for at in thresholds)
    return tuple(f"{_FAIRNESS_PREFIX}/{name}" for name in names)


def fairness_value(rate: str, threshold: float) -> str:
    """Returns the name of a rate at a threshold."""
    return f"{rate}@{threshold}"


def rates_of(tp: float, tn: float, fp: float, fn: float) -> dict[str, float]:
    """Returns every rate by name, from the counts of right and wrong decisions."""
    shares = (
        (fp, fp + tn),
        (fn, fn + tp),
        (tp, tp + fn),
        (tn, tn + fp),
        (tp + fp, tp + tn + fp + fn),
        (tn + fn, tp + tn + fp + fn),
        (fp, fp + tp),
        (fn, fn + tn),
        (tp, tp + fp),
        (tp, tp + fn),
    )
    return {
        rate: part / whole if whole else float("nan")
        for rate, (part, whole) in zip(FAIRNESS_RATES, shares, strict=True)
    }
