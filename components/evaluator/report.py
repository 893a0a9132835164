"""The gate's findings as a verdict for people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.evaluation_artifact import OVERALL
from components.evaluator.gate import (
    Finding,
    Limit,
    Measured,
    Result,
    Standing,
    held,
)
from components.gates import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS = ("slice", "metric", "value", "baseline", "threshold", "result")
_ORDER = (Result.MISSED, Result.NOT_MEASURED, Result.NOT_HELD, Result.MET)
_IMPROVE = "improve the model or its data, or change evaluator.metrics; nothing was pushed"
_ACCEPT = (
    "look at the values; to push this first model, run once with "
    "--set evaluator.without_baseline=accept; nothing was pushed"
)
_GO_ON = (
    "bring it back, or run once without thresholds of change (--set "
    "evaluator.metrics.NAME.min_change=null, or max_change): the model that is pushed then is the "
    "next baseline; nothing was pushed"
)
_NO_SLICE = "no slice with enough examples"


@dataclass(frozen=True)
class Comparison:
    """What there was to compare the candidate with, and what to do where there is nothing.

    Attributes:
        standing: What there was.
        reason: Why the latest pushed model cannot be compared; empty if it can.
        refuse_first: Whether a model is refused while none has been pushed.
    """

    standing: Standing
    reason: str = ""
    refuse_first: bool = False


def verdict_of(
    findings: Sequence[Finding], measured: Mapping[str, Measured], comparison: Comparison
) -> Verdict:
    """Returns the model gate's verdict.

    Args:
        findings: What became of every limit.
        measured: Metrics on all examples, by name; those without a limit are listed too.
        comparison: What there was to compare with.
    """
    passed, headline, advice = _answer(findings, comparison)
    bounded = {finding.limit.metric for finding in findings if finding.limit.scope == OVERALL}
    unbounded = (
        (OVERALL, name, _shown(value), "", "", "measured")
        for name, value in sorted(measured.items())
        if name not in bounded
    )
    ordered = sorted(findings, key=lambda finding: _ORDER.index(finding.result))
    rows = (*(_row(finding, comparison) for finding in ordered), *unbounded)
    return Verdict(passed, headline, COLUMNS, rows, advice)


def _answer(findings: Sequence[Finding], comparison: Comparison) -> tuple[bool, str, str]:
    """Returns whether the model passes, why in one line, and what to do."""
    failed = sum(not finding.passed for finding in findings)
    not_held = sum(finding.result is Result.NOT_HELD for finding in findings)
    against = comparison.standing.value + (f": {comparison.reason}" if comparison.reason else "")
    first = comparison.standing is Standing.NOTHING_PUSHED
    if failed:
        return False, f"{_thresholds(failed)} missed; {against}", _IMPROVE
    if first and comparison.refuse_first:
        refused = f"{against}, and evaluator.without_baseline is refuse"
        return False, f"{refused}; what could be held was met", _ACCEPT
    if not_held and not first:
        return False, f"{_thresholds(not_held)} not held: {against}", _GO_ON
    if not_held:
        held_not = f"{_thresholds(not_held)} of change not held"
        return True, f"all other thresholds met; {against}, so {held_not}", ""
    return True, f"all thresholds met; {against}", ""


def _thresholds(count: int) -> str:
    return "1 threshold" if count == 1 else f"{count} thresholds"


def _row(finding: Finding, comparison: Comparison) -> tuple[str, ...]:
    limit, values = finding.limit, finding.values
    result = finding.result.value
    if finding.result is Result.NOT_HELD:
        result += f": {comparison.standing.value}"
    if values is None:
        value = "" if finding.result is Result.NOT_HELD else _NO_SLICE
        return (limit.scope, limit.metric, value, "", _bounds(limit), result)
    where = values.slice
    if finding.slices > 1:
        where += f", worst of {finding.slices}"
    value = _shown(values.candidate)
    if limit.is_change and finding.result is not Result.NOT_HELD:
        value += f", change {_shown(held(limit, values), '+.4g')}"
    baseline = "" if values.baseline is None else _shown(values.baseline)
    return (where, limit.metric, value, baseline, _bounds(limit), result)


def _bounds(limit: Limit) -> str:
    form = "+g" if limit.is_change else "g"
    parts = [] if limit.lowest is None else [f">= {limit.lowest:{form}}"]
    parts += [] if limit.highest is None else [f"<= {limit.highest:{form}}"]
    return ("change " if limit.is_change else "") + " and ".join(parts)


def _shown(measured: Measured | None, form: str = ".4g") -> str:
    if measured is None:
        return "not measured"
    if math.isnan(measured.value):
        return "not a number"
    value = format(measured.value, form)
    if measured.low is None or measured.high is None:
        return value
    return f"{value} ({measured.low:{form}} to {measured.high:{form}})"
