"""Names of metrics and of their values, and the nearest to a wrong one."""

from __future__ import annotations

import math

import pytest

from components.evaluator.fairness_values import (
    FAIRNESS_INDICATORS,
    FAIRNESS_RATES,
    check_fairness_value,
    rates_of,
    value_keys,
)
from components.evaluator.metric_names import check_metric_name


@pytest.mark.parametrize("name", ["AUC", "SparseCategoricalAccuracy", "FairnessIndicators", "FPR"])
def test_a_metric_that_exists_is_taken(name):
    check_metric_name(name)


@pytest.mark.parametrize(
    ("name", "near"),
    [("auc", "AUC"), ("BinaryAcuracy", "BinaryAccuracy"), ("Fairness", "FairnessIndicators")],
)
def test_a_misspelt_metric_is_told_its_nearest(name, near):
    with pytest.raises(ValueError, match=rf"no metric '{name}'; did you mean .*\b{near}\b"):
        check_metric_name(name)


def test_a_metric_that_is_near_to_none_gets_examples():
    with pytest.raises(ValueError, match="such as AUC"):
        check_metric_name("xyz")


def test_a_rate_without_a_threshold_means_each():
    assert value_keys(FAIRNESS_INDICATORS, "recall", (0.3, 0.5)) == (
        "fairness_indicators_metrics/recall@0.3",
        "fairness_indicators_metrics/recall@0.5",
    )
    assert value_keys(FAIRNESS_INDICATORS, "recall@0.3", (0.3, 0.5)) == (
        "fairness_indicators_metrics/recall@0.3",
    )
    assert value_keys("BooleanFlipRates", "symmetric_flip_rate", ()) == ("symmetric_flip_rate",)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("false_positive_rat", "did you mean false_positive_rate"),
        ("xyz", "it has false_positive_rate, "),
        ("recall@0.4", r"not computed at '0.4'; .*thresholds: \[0.5\]"),
    ],
)
def test_a_value_that_fairness_indicators_lack(name, words):
    with pytest.raises(ValueError, match=words):
        check_fairness_value(name, (0.5,))


def test_rates_of_right_and_wrong_decisions():
    rates = rates_of(tp=30, tn=40, fp=10, fn=20)

    assert tuple(rates) == FAIRNESS_RATES
    assert rates == {
        "false_positive_rate": 0.2,
        "false_negative_rate": 0.4,
        "true_positive_rate": 0.6,
        "true_negative_rate": 0.8,
        "positive_rate": 0.4,
        "negative_rate": 0.6,
        "false_discovery_rate": 0.25,
        "false_omission_rate": pytest.approx(1 / 3),
        "precision": 0.75,
        "recall": 0.6,
    }


def test_a_rate_of_nothing_is_not_a_number():
    rates = rates_of(tp=0, tn=5, fp=0, fn=0)

    assert rates["false_positive_rate"] == 0
    assert math.isnan(rates["recall"])
    assert math.isnan(rates["precision"])
