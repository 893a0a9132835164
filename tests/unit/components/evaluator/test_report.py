"""What a person reads: headline, rows, advice."""

from __future__ import annotations

import math

import pytest

from components.evaluator.gate import Limit, Measured, SliceValues, Standing, judge
from components.evaluator.report import Comparison, verdict_of

ALL = "all examples"
AT_LEAST = Limit("auc", ALL, lowest=0.7)
NO_WORSE = Limit("auc", ALL, lowest=-0.02, is_change=True)
GONE = Comparison(Standing.UNUSABLE, "its files are gone from /models/3")


def verdict(limits, comparison, values=None, **measured):
    values = values or SliceValues(ALL, Measured(0.9123), Measured(0.9), Measured(0.0123))
    findings = [
        finding for limit in limits for finding in judge(limit, [values], comparison.standing)
    ]
    return verdict_of(findings, {n: Measured(v) for n, v in measured.items()}, comparison)


def test_every_threshold_has_a_row():
    answer = verdict([AT_LEAST, NO_WORSE], Comparison(Standing.COMPARED), auc=0.9123, loss=0.4)

    assert answer.passed
    assert answer.headline == "all thresholds met; compared with the latest pushed model"
    assert answer.columns == ("slice", "metric", "value", "baseline", "threshold", "result")
    assert answer.rows == (
        (ALL, "auc", "0.9123", "0.9", ">= 0.7", "met"),
        (ALL, "auc", "0.9123, change +0.0123", "0.9", "change >= -0.02", "met"),
        (ALL, "loss", "0.4", "", "", "measured"),
    )


def test_what_was_missed_comes_first():
    low = SliceValues(ALL, Measured(0.6), Measured(0.6), Measured(0.0))
    answer = verdict([NO_WORSE, AT_LEAST], Comparison(Standing.COMPARED), low)

    assert not answer.passed
    assert answer.headline.startswith("1 threshold missed; compared with")
    assert [row[-1] for row in answer.rows] == ["missed", "met"]
    assert answer.rows[0] == (ALL, "auc", "0.6", "0.6", ">= 0.7", "missed")
    assert "nothing was pushed" in answer.advice


def test_a_value_shows_its_interval():
    values = SliceValues(ALL, Measured(0.72, 0.69, 0.75))
    answer = verdict([AT_LEAST], Comparison(Standing.COMPARED), values)

    assert answer.rows[0][2] == "0.72 (0.69 to 0.75)"
    assert answer.rows[0][-1] == "missed"


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (SliceValues(ALL, Measured(math.nan)), "not a number"),
        (SliceValues(ALL), "not measured"),
    ],
)
def test_what_is_no_value_says_so(values, shown):
    answer = verdict([AT_LEAST], Comparison(Standing.COMPARED), values)

    assert not answer.passed
    assert answer.rows[0][2] == shown


def test_bounds_on_slices_that_are_not_there_stop_the_model():
    answer = verdict_of(
        judge(Limit("auc", "hour", 0.7), [], Standing.COMPARED), {}, Comparison(Standing.COMPARED)
    )

    assert not answer.passed
    assert answer.rows == (
        ("hour", "auc", "no slice with enough examples", "", ">= 0.7", "not measured"),
    )


def test_of_slices_that_pass_the_worst_stands_for_all():
    limit = Limit("auc", "hour", 0.7)
    hours = [SliceValues(f"hour={hour}", Measured(0.8 + hour / 100)) for hour in range(24)]
    answer = verdict_of(judge(limit, hours, Standing.COMPARED), {}, Comparison(Standing.COMPARED))

    assert answer.rows == (("hour=0, worst of 24", "auc", "0.8", "", ">= 0.7", "met"),)


def test_the_first_model_is_accepted_and_the_verdict_says_what_was_not_held():
    answer = verdict([AT_LEAST, NO_WORSE], Comparison(Standing.NOTHING_PUSHED))

    assert answer.passed
    assert answer.headline == (
        "all other thresholds met; no baseline (no other model pushed yet), "
        "so 1 threshold of change not held"
    )
    assert answer.rows[0][-2:] == (
        "change >= -0.02",
        "not held: no baseline (no other model pushed yet)",
    )


@pytest.mark.parametrize("limits", [[AT_LEAST, NO_WORSE], [AT_LEAST]])
def test_the_first_model_is_refused_where_that_is_asked(limits):
    answer = verdict(limits, Comparison(Standing.NOTHING_PUSHED, refuse_first=True))

    assert not answer.passed
    assert "without_baseline is refuse" in answer.headline
    assert "--set evaluator.without_baseline=accept" in answer.advice


def test_a_first_model_that_misses_a_threshold_is_told_that():
    low = SliceValues(ALL, Measured(0.6))
    answer = verdict([AT_LEAST], Comparison(Standing.NOTHING_PUSHED, refuse_first=True), low)

    assert answer.headline.startswith("1 threshold missed")


def test_a_baseline_that_is_gone_stops_what_was_to_be_compared_with_it():
    answer = verdict([AT_LEAST, NO_WORSE], GONE)

    assert not answer.passed
    assert "1 threshold not held" in answer.headline
    assert "its files are gone from /models/3" in answer.headline
    assert "min_change=null" in answer.advice


def test_a_baseline_that_is_gone_is_told_where_nothing_was_to_be_compared():
    answer = verdict([AT_LEAST], GONE)

    assert answer.passed
    assert "its files are gone from /models/3" in answer.headline
