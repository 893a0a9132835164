"""From what was measured to the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from components.evaluator.errors import EvaluationError
from components.evaluator.gate import Limit, Measured, SliceValues, Standing
from components.evaluator.judgement import judged
from components.evaluator.report import Comparison

COMPARED = Comparison(Standing.COMPARED)


@dataclass
class Slice:
    """Stands for a slice that TFMA measured."""

    key: tuple
    name: str
    metrics: dict = field(default_factory=dict)
    too_small: bool = False

    def is_one_of(self, scope):
        return scope == ("hour" if self.key else "")

    def values_of(self, metric):
        return self.metrics.get(metric, SliceValues(self.name))


@dataclass
class Scoped:
    """Stands for a limit with its slices."""

    limit: Limit
    slices: str


def measured(key, value, **options):
    name = "all examples" if not key else f"hour={key[0]}"
    metrics = {} if value is None else {"auc": SliceValues(name, Measured(value))}
    return Slice(key, name, metrics, **options)


OVERALL = measured((), 0.9)
EVERYWHERE = Scoped(Limit("auc", "all examples", 0.7), "")
EACH_HOUR = Scoped(Limit("auc", "hour", 0.7), "hour")


def test_limits_are_held_against_the_slices_they_are_meant_for():
    slices = [OVERALL, measured((1,), 0.8), measured((2,), 0.6)]
    verdict = judged([EVERYWHERE, EACH_HOUR], slices, COMPARED)

    assert not verdict.passed
    assert [(row[0], row[-1]) for row in verdict.rows] == [
        ("hour=2", "missed"),
        ("all examples", "met"),
        ("hour=1", "met"),
    ]


def test_slices_with_few_examples_are_left_out():
    slices = [OVERALL, measured((1,), 0.8), measured((2,), None, too_small=True)]
    assert judged([EACH_HOUR], slices, COMPARED).passed


def test_where_all_slices_have_few_examples_nothing_passes():
    slices = [OVERALL, measured((2,), None, too_small=True)]
    assert not judged([EACH_HOUR], slices, COMPARED).passed


def test_a_slice_without_the_metric_does_not_pass():
    slices = [OVERALL, measured((1,), 0.8), measured((2,), None)]
    verdict = judged([EACH_HOUR], slices, COMPARED)

    assert not verdict.passed
    assert verdict.rows[0][0] == "hour=2"


def test_a_metric_that_gives_no_number_is_an_error_that_names_the_nearest():
    limit = Scoped(Limit("aucc", "all examples", 0.7), "")
    with pytest.raises(EvaluationError, match=r"aucc has a threshold.*did you mean auc\?"):
        judged([limit], [OVERALL], COMPARED)


def test_an_empty_eval_split_is_an_error():
    with pytest.raises(EvaluationError, match="eval split has no examples"):
        judged([EVERYWHERE], [], COMPARED)
