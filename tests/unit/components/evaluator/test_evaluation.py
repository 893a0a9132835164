"""What TFMA is asked, and what its answer says to people; TFMA's protos, without TFMA."""

from __future__ import annotations

import pytest

SNIPPET = """
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.proto import config_pb2, metrics_for_slice_pb2
from tensorflow_model_analysis.proto import validation_result_pb2
from components.evaluator import report
from components.evaluator.thresholds import Bounds, Metric, eval_config

def config(metrics, slices=(("hour",), ("day", "hour"))):
    made = eval_config("serving_default", "big_tip", slices, metrics, min_slice_size=30)
    return json_format.MessageToDict(made, preserving_proto_field_name=True)

def verdict(text, **measured):
    validation = text_format.Parse(text, validation_result_pb2.ValidationResult())
    made = report.verdict_of(validation, measured, has_baseline=bool(measured.pop("base", 0)))
    return {"passed": made.passed, "headline": made.headline, "rows": made.rows}

def failed(threshold, value="double_value { value: 0.5 }", slice_key=""):
    return verdict('''metric_validations_per_slice { slice_key { %s } failures {
        metric_key { name: "auc" } metric_threshold { %s } metric_value { %s }
        message: "Metric not found." } }''' % (slice_key, threshold, value))

LOWER = "value_threshold { lower_bound { value: 0.7 } }"
CHANGE = "change_threshold { absolute { value: %s } direction: %s }"
answer({
    "config": config([Metric("AUC", Bounds(min=0.7, min_change=-0.02), Bounds(max=1.0),
                             {"num_thresholds": 200})]),
    "unsliced": config([Metric("AUC", Bounds(max_change=0.1), Bounds(min=0.5))], ()),
    "free": config([Metric("AUC")]),
    "lower_is_better": [report._LOWER_IS_BETTER, config_pb2.MetricDirection.LOWER_IS_BETTER],
    "passed": verdict("validation_ok: true", auc=0.87654, base=1),
    "lower": failed(LOWER, slice_key='''single_slice_keys { column: "hour" int64_value: 7 }
        single_slice_keys { column: "pay" bytes_value: "Cash" }'''),
    "upper": failed("value_threshold { upper_bound { value: 1 } }"),
    "both": failed("value_threshold { lower_bound { value: 0 } upper_bound { value: 1 } }"),
    "fall": failed(CHANGE % (-0.02, "HIGHER_IS_BETTER")),
    "rise": failed(CHANGE % (0.1, "LOWER_IS_BETTER")),
    "no value": failed(LOWER, ""),
    "no change": failed(CHANGE % (0.1, "LOWER_IS_BETTER"), ""),
    "missing slice": verdict('missing_slices { feature_keys: "hour" }', auc=0.5),
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


def test_the_number_of_a_direction_is_tfmas(answers):
    ours, theirs = answers["lower_is_better"]
    assert ours == theirs


def test_a_blessed_model(answers):
    assert answers["passed"] == {
        "passed": True,
        "headline": "all thresholds met; compared with the latest pushed model",
        "rows": [["all examples", "auc", "0.8765", "", "measured"]],
    }


@pytest.mark.parametrize(
    ("case", "row"),
    [
        ("lower", ["hour=7, pay=Cash", "auc", "0.5", ">= 0.7", "missed"]),
        ("upper", ["all examples", "auc", "0.5", "<= 1", "missed"]),
        ("both", ["all examples", "auc", "0.5", ">= 0 and <= 1", "missed"]),
        ("fall", ["all examples", "auc", "+0.5", "change >= -0.02", "missed"]),
        ("rise", ["all examples", "auc", "+0.5", "change <= +0.1", "missed"]),
        ("no value", ["all examples", "auc", "Metric not found.", ">= 0.7", "missed"]),
        ("no change", ["all examples", "auc", "Metric not found.", "change <= +0.1", "missed"]),
    ],
)
def test_a_missed_threshold(answers, case, row):
    verdict = answers[case]

    assert not verdict["passed"]
    assert (
        verdict["headline"] == "1 threshold missed; compared with no baseline (nothing pushed yet)"
    )
    assert verdict["rows"] == [row]


def test_a_slice_that_the_data_lacks_is_a_miss(answers):
    verdict = answers["missing slice"]

    assert not verdict["passed"]
    assert verdict["headline"].startswith("1 threshold missed")
    first, measured = verdict["rows"]
    assert first[0] == 'feature_keys: "hour"'
    assert first[-1] == "no such slice in the data"
    assert measured[1] == "auc"
