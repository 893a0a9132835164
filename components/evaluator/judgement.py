"""From limits and measurements to the verdict."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from components.evaluator.errors import EvaluationError
from components.evaluator.gate import Finding, Standing, judge
from components.evaluator.report import Comparison, verdict_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.evaluator.limits import ScopedLimit
    from components.evaluator.measurements import MeasuredSlice
    from components.gates import Verdict


def judged(
    limits: Sequence[ScopedLimit], slices: Sequence[MeasuredSlice], comparison: Comparison
) -> Verdict:
    """Returns the gate's verdict.

    Args:
        limits: What the metrics are held against.
        slices: What was measured.
        comparison: What there was to compare with.

    Raises:
        EvaluationError: There are no examples, or a limit is of a metric that has no number.
    """
    overall = next((each for each in slices if not each.key), None)
    if overall is None:
        raise EvaluationError("the eval split has no examples, so there is nothing to judge by")
    _check_measured(limits, overall)
    findings = [
        finding for each in limits for finding in _findings(each, slices, comparison.standing)
    ]
    values = {name: its.candidate for name, its in overall.metrics.items()}
    return verdict_of(findings, {n: v for n, v in values.items() if v is not None}, comparison)


def _check_measured(limits: Sequence[ScopedLimit], overall: MeasuredSlice) -> None:
    for name in sorted({each.limit.metric for each in limits} - overall.metrics.keys()):
        near = difflib.get_close_matches(name, overall.metrics, n=1)
        advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(overall.metrics)}"
        raise EvaluationError(
            f"{name} has a threshold, but no number of that name was measured; {advice}"
        )


def _findings(
    scoped: ScopedLimit, slices: Sequence[MeasuredSlice], standing: Standing
) -> list[Finding]:
    values = [
        each.values_of(scoped.limit.metric)
        for each in slices
        if not each.too_small and each.is_one_of(scoped.slices)
    ]
    return judge(scoped.limit, values, standing)
