"""The decision: what meets a limit, and what never passes silently."""

from __future__ import annotations

import math

import pytest

from components.evaluator.gate import Limit, Measured, Result, SliceValues, Standing, judge

AT_LEAST = Limit("auc", "all examples", lowest=0.7)
AT_MOST = Limit("loss", "all examples", highest=0.4)
NO_WORSE = Limit("auc", "all examples", lowest=-0.02, is_change=True)
PER_HOUR = Limit("auc", "hour", lowest=0.7)


def candidate(value, low=None, high=None, name="all examples"):
    return SliceValues(name, Measured(value, low, high))


def change(value, low=None, high=None):
    return SliceValues("all examples", Measured(0.9), Measured(0.8), Measured(value, low, high))


def result(limit, values, standing=Standing.COMPARED):
    (finding,) = judge(limit, [values], standing)
    return finding.result


@pytest.mark.parametrize(
    ("limit", "values", "expected"),
    [
        (AT_LEAST, candidate(0.7), Result.MET),
        (AT_LEAST, candidate(0.69), Result.MISSED),
        (AT_MOST, candidate(0.4), Result.MET),
        (AT_MOST, candidate(0.41), Result.MISSED),
        (NO_WORSE, change(-0.02), Result.MET),
        (NO_WORSE, change(-0.03), Result.MISSED),
        (Limit("x", "all examples", 0.0, 1.0), candidate(0.5), Result.MET),
        (Limit("x", "all examples", 0.0, 1.0), candidate(1.5), Result.MISSED),
    ],
)
def test_a_value_is_held_against_its_bounds(limit, values, expected):
    assert result(limit, values) is expected


@pytest.mark.parametrize("limit", [AT_LEAST, AT_MOST])
def test_not_a_number_misses_every_bound(limit):
    assert result(limit, candidate(math.nan)) is Result.MISSED


def test_a_baseline_that_is_not_a_number_makes_the_change_miss():
    assert result(NO_WORSE, change(math.nan)) is Result.MISSED


def test_a_value_that_was_not_measured_does_not_pass():
    (finding,) = judge(AT_LEAST, [SliceValues("all examples")], Standing.COMPARED)

    assert finding.result is Result.NOT_MEASURED
    assert not finding.passed


def test_a_limit_on_slices_that_are_not_there_does_not_pass():
    (finding,) = judge(PER_HOUR, [], Standing.COMPARED)

    assert finding.result is Result.NOT_MEASURED
    assert not finding.passed


@pytest.mark.parametrize(
    ("limit", "values", "expected"),
    [
        (AT_LEAST, candidate(0.72, 0.71, 0.73), Result.MET),
        (AT_LEAST, candidate(0.72, 0.69, 0.75), Result.MISSED),
        (AT_MOST, candidate(0.38, 0.37, 0.39), Result.MET),
        (AT_MOST, candidate(0.38, 0.35, 0.41), Result.MISSED),
        (NO_WORSE, change(0.0, -0.01, 0.01), Result.MET),
        (NO_WORSE, change(0.0, -0.03, 0.03), Result.MISSED),
        (AT_LEAST, candidate(0.72, math.nan, math.nan), Result.MISSED),
    ],
)
def test_an_interval_is_held_by_the_end_that_is_nearer_to_failing(limit, values, expected):
    assert result(limit, values) is expected


@pytest.mark.parametrize("standing", [Standing.NOTHING_PUSHED, Standing.UNUSABLE])
def test_a_change_is_not_held_without_a_baseline(standing):
    assert result(NO_WORSE, candidate(0.9), standing) is Result.NOT_HELD
    assert result(AT_LEAST, candidate(0.6), standing) is Result.MISSED


def test_every_slice_that_fails_is_named_and_the_worst_that_passes():
    hours = [
        candidate(value, name=f"hour={hour}")
        for hour, value in enumerate((0.9, 0.6, 0.71, math.nan))
    ]
    *failed, met = judge(PER_HOUR, hours, Standing.COMPARED)

    assert [finding.values.slice for finding in failed] == ["hour=1", "hour=3"]
    assert met.values.slice == "hour=2"
    assert met.slices == 2
