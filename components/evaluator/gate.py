"""The gate's decision: measurements held against limits. Free of TFMA and of input/output."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


class Standing(Enum):
    """What there was to compare the candidate with."""

    COMPARED = "compared with the latest pushed model"
    NOTHING_PUSHED = "no baseline (no other model pushed yet)"
    UNUSABLE = "the latest pushed model cannot be compared"


class Result(str, Enum):
    """What became of one limit on one slice."""

    MET = "met"
    MISSED = "missed"
    # Nothing was measured that it could be held against: as bad as missed.
    NOT_MEASURED = "not measured"
    # A limit of a change, and there is no baseline.
    NOT_HELD = "not held"


@dataclass(frozen=True)
class Measured:
    """A metric's value and, if it has one, its 95 % confidence interval.

    Attributes:
        value: The value; NaN where the metric is not defined.
        low: Lower end of the interval, or None.
        high: Upper end of the interval, or None.
    """

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def lower_end(self) -> float:
        """What a lower bound is held against."""
        return self.value if self.low is None else self.low

    @property
    def upper_end(self) -> float:
        """What an upper bound is held against."""
        return self.value if self.high is None else self.high


@dataclass(frozen=True)
class SliceValues:
    """One metric in one slice; None stands for what was not measured.

    Attributes:
        slice: The slice, for a person: `hour=7`.
        candidate: The candidate's value.
        baseline: The baseline's value.
        change: The candidate's minus the baseline's.
    """

    slice: str
    candidate: Measured | None = None
    baseline: Measured | None = None
    change: Measured | None = None


@dataclass(frozen=True)
class Limit:
    """Bounds of one metric, or of its change against the baseline, in one kind of slice.

    Attributes:
        metric: TFMA's name of the metric.
        scope: The kind of slice, for a person: `all examples`, `day, hour`.
        lowest: Lowest value that passes, or None.
        highest: Highest value that passes, or None.
        is_change: Whether the change is bounded and not the value.
    """

    metric: str
    scope: str
    lowest: float | None = None
    highest: float | None = None
    is_change: bool = False


@dataclass(frozen=True)
class Finding:
    """What became of one limit on one slice.

    Attributes:
        limit: The limit.
        result: What became of it.
        values: The slice with its values; None where no slice was measured at all.
        slices: For how many slices this one stands, as the one nearest to failing.
    """

    limit: Limit
    result: Result
    values: SliceValues | None = None
    slices: int = 1

    @property
    def passed(self) -> bool:
        """Whether the limit was met, or did not count."""
        return self.result in (Result.MET, Result.NOT_HELD)


def judge(limit: Limit, measured: list[SliceValues], standing: Standing) -> list[Finding]:
    """Holds one limit against the slices that it is meant for.

    Args:
        limit: The limit.
        measured: Its metric in each of those slices.
        standing: What there was to compare with.

    Returns:
        Every slice that fails, and of those that pass the one nearest to failing.
    """
    if limit.is_change and standing is not Standing.COMPARED:
        only = measured[0] if len(measured) == 1 else None
        return [Finding(limit, Result.NOT_HELD, only)]
    if not measured:
        return [Finding(limit, Result.NOT_MEASURED)]
    judged = [Finding(limit, _result(limit, values), values) for values in measured]
    failed = [finding for finding in judged if not finding.passed]
    met = [finding.values for finding in judged if finding.passed and finding.values]
    if not met:
        return failed
    nearest = min(met, key=lambda values: margin(limit, values))
    return [*failed, Finding(limit, Result.MET, nearest, slices=len(met))]


def held(limit: Limit, values: SliceValues) -> Measured | None:
    """Returns what of a slice's values is held against the limit."""
    return values.change if limit.is_change else values.candidate


def margin(limit: Limit, values: SliceValues) -> float:
    """Returns how far a measured value is inside its bounds, in its own unit; NaN for no number."""
    measured = held(limit, values)
    if measured is None:
        return math.nan
    lower = math.inf if limit.lowest is None else measured.lower_end - limit.lowest
    upper = math.inf if limit.highest is None else limit.highest - measured.upper_end
    return math.nan if math.isnan(lower) or math.isnan(upper) else min(lower, upper)


def _result(limit: Limit, values: SliceValues) -> Result:
    if held(limit, values) is None:
        return Result.NOT_MEASURED
    # Not below zero is not enough: NaN is neither.
    return Result.MET if margin(limit, values) >= 0 else Result.MISSED
