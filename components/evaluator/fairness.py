"""Fairness Indicators: the rates of a binary classifier's right and wrong decisions.

TFMA had this metric until it moved to a package that does not install beside TFX 1.21. It is made
of the same parts of TFMA as it was, and has the same names, so TFMA's own views show it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorflow_model_analysis.metrics import (
    binary_confusion_matrices,
    metric_types,
    metric_util,
)

from components.evaluator.fairness_values import (
    FAIRNESS_INDICATORS,
    FAIRNESS_RATES,
    FAIRNESS_THRESHOLDS,
    fairness_value,
    rates_of,
    value_keys,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = "fairness_indicators_metrics"


class FairnessIndicators(metric_types.Metric):
    """Ten rates at each decision threshold, such as `false_positive_rate@0.5`.

    A rate without any example to be a share of is NaN.

    Args:
        thresholds: Scores from which on a prediction counts as positive.
        name: Name of the metric; the names of its values are fixed.
    """

    def __init__(
        self, thresholds: Sequence[float] = FAIRNESS_THRESHOLDS, name: str = _NAME
    ) -> None:
        super().__init__(
            metric_util.merge_per_key_computations(_computations),
            thresholds=list(thresholds),
            name=name,
        )


def _computations(  # noqa: PLR0917  TFMA passes what the signature names
    thresholds: Sequence[float],
    name: str = _NAME,  # noqa: ARG001  TFMA passes it; the names are fixed
    eval_config: Any = None,
    model_name: str = "",
    output_name: str = "",
    sub_key: Any = None,
    aggregation_type: Any = None,
    class_weights: Any = None,
    example_weighted: bool = False,
) -> list[Any]:
    where = {
        "model_name": model_name,
        "output_name": output_name,
        "sub_key": sub_key,
        "aggregation_type": aggregation_type,
        "example_weighted": example_weighted,
    }
    counted = binary_confusion_matrices.binary_confusion_matrices(
        eval_config=eval_config,
        class_weights=class_weights,
        thresholds=list(thresholds),
        **where,
    )
    keys = {
        (rate, at): metric_types.MetricKey(name=_key_name(rate, at), **where)
        for at in thresholds
        for rate in FAIRNESS_RATES
    }
    matrices_key = counted[-1].keys[-1]

    def result(metrics: dict[Any, Any]) -> dict[Any, float]:
        matrices = metrics[matrices_key]
        values: dict[Any, float] = {}
        for index, at in enumerate(thresholds):
            counts = (matrices.tp, matrices.tn, matrices.fp, matrices.fn)
            rates = rates_of(*(float(count[index]) for count in counts))
            values.update({keys[rate, at]: value for rate, value in rates.items()})
        return values

    return [
        *counted,
        metric_types.DerivedMetricComputation(keys=list(keys.values()), result=result),
    ]


def _key_name(rate: str, at: float) -> str:
    (key,) = value_keys(FAIRNESS_INDICATORS, fairness_value(rate, at), (at,))
    return key
