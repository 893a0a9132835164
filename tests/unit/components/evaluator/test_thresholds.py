"""What TFMA is asked; TFMA's protos, without TFMA."""

from __future__ import annotations

import pytest

SNIPPET = """
from google.protobuf import json_format
from components.evaluator.thresholds import Bounds, Metric, Scopes, eval_config

def config(metrics, slices=(("hour",), ("day", "hour")), **options):
    made = eval_config("serving_default", "big_tip", slices, metrics, min_slice_size=30, **options)
    return json_format.MessageToDict(made, preserving_proto_field_name=True)

fair = {"false_positive_rate": Scopes(Bounds(max=0.1), Bounds(max=0.2)),
        "recall@0.3": Scopes(Bounds(min_change=-0.1))}
answer({
    "config": config([Metric("AUC", Scopes(Bounds(min=0.7, min_change=-0.02), Bounds(max=1.0)),
                             config={"num_thresholds": 200})]),
    "unsliced": config([Metric("AUC", Scopes(Bounds(max_change=0.1), Bounds(min=0.5)))], ()),
    "free": config([Metric("AUC")]),
    "fair": config([Metric("FairnessIndicators", values=fair, config={"thresholds": [0.3, 0.5]})]),
    "plainly fair": config([Metric("FairnessIndicators", values={"recall": Scopes(Bounds(0.1))})]),
    "intervals": config([Metric("AUC")], confidence_intervals=True),
})
"""
TIGHT = [{"feature_keys": ["hour"]}, {"feature_keys": ["day", "hour"]}]


@pytest.fixture(scope="module")
def answers(leanly):
    return leanly(SNIPPET)


def metric(config):
    count, measured = config["metrics_specs"][0]["metrics"]
    assert count["class_name"] == "ExampleCount"
    return measured


def test_candidate_and_baseline_are_asked_alike(answers):
    candidate, baseline = answers["config"]["model_specs"]

    assert baseline.pop("is_baseline")
    assert (candidate.pop("name"), baseline.pop("name")) == ("candidate", "baseline")
    assert candidate == baseline
    assert candidate["signature_name"] == "serving_default"
    assert candidate["label_key"] == "big_tip"
    assert answers["config"]["options"]["min_slice_size"] == 30


def test_the_overall_slice_is_always_there(answers):
    assert answers["config"]["slicing_specs"] == [{}, *TIGHT]
    assert answers["unsliced"]["slicing_specs"] == [{}]


def test_bounds_hold_where_they_are_meant(answers):
    measured = metric(answers["config"])
    overall, sliced = measured["per_slice_thresholds"]

    assert "threshold" not in measured  # TFMA would apply it to every slice
    assert overall["slicing_specs"] == [{}]
    assert overall["threshold"] == {
        "value_threshold": {"lower_bound": 0.7},
        "change_threshold": {"absolute": -0.02, "direction": "HIGHER_IS_BETTER"},
    }
    assert sliced["slicing_specs"] == TIGHT
    assert sliced["threshold"] == {"value_threshold": {"upper_bound": 1.0}}
    assert measured["config"] == '{"num_thresholds": 200}'


def test_without_slices_only_the_overall_bounds_count(answers):
    (overall,) = metric(answers["unsliced"])["per_slice_thresholds"]

    assert overall["threshold"]["change_threshold"]["direction"] == "LOWER_IS_BETTER"


def test_a_metric_without_bounds_is_only_measured(answers):
    assert metric(answers["free"]) == {"class_name": "AUC"}


def test_each_value_of_fairness_indicators_has_bounds_of_its_own(answers):
    (spec,) = answers["fair"]["metrics_specs"]
    prefix = "fairness_indicators_metrics"
    overall, sliced = spec["per_slice_thresholds"][f"{prefix}/false_positive_rate@0.3"][
        "thresholds"
    ]

    assert metric(answers["fair"]) == {
        "class_name": "FairnessIndicators",
        "module": "components.evaluator.fairness",
        "config": '{"thresholds": [0.3, 0.5]}',
    }
    assert sorted(spec["per_slice_thresholds"]) == [
        f"{prefix}/false_positive_rate@0.3",
        f"{prefix}/false_positive_rate@0.5",
        f"{prefix}/recall@0.3",
    ]
    assert overall["threshold"] == {"value_threshold": {"upper_bound": 0.1}}
    assert sliced["threshold"] == {"value_threshold": {"upper_bound": 0.2}}
    assert sliced["slicing_specs"] == TIGHT


def test_fairness_indicators_decide_at_one_half_if_nothing_is_said(answers):
    (spec,) = answers["plainly fair"]["metrics_specs"]

    assert metric(answers["plainly fair"])["config"] == '{"thresholds": [0.5]}'
    assert list(spec["per_slice_thresholds"]) == ["fairness_indicators_metrics/recall@0.5"]


def test_intervals_are_computed_where_they_are_asked_for(answers):
    assert answers["intervals"]["options"]["compute_confidence_intervals"]
    assert answers["intervals"]["options"]["confidence_intervals"] == {"method": "JACKKNIFE"}
    assert not answers["config"]["options"]["compute_confidence_intervals"]
