"""Anomalies as findings: one for each split, feature and kind, with its values and what to do.

Source: TensorFlow Metadata, `anomalies.proto` (the kinds) and `statistics.proto`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.data_validation import StatisticsList, validate_statistics
from components.example_validator.advice import LABEL_ADVICE, advice_for
from components.schema_artifact import TRAINING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from components.example_validator.allowance import Allowance

WHOLE_SPLIT = "(whole split)"
_SHOWN_VALUES = 3
_LONGEST_DESCRIPTION = 160
# TensorFlow Data Validation's own is a paragraph.
_CLEARER = {"INVALID_FEATURE_SHAPE": "Some rows have another number of values than the shape says"}
_ADDENDUM = "(upto six significant digits)"
_NO_DATA = "NO_DATA_IN_SPAN"
# A row without a label cannot be learned from, so nothing lets these pass for the label.
_ABSENCE = frozenset(
    {
        "FEATURE_TYPE_LOW_FRACTION_PRESENT",
        "FEATURE_TYPE_LOW_NUMBER_PRESENT",
        "FEATURE_TYPE_LOW_NUMBER_VALUES",
        "FEATURE_TYPE_NOT_PRESENT",
        "FEATURE_TYPE_NO_VALUES",
        "INVALID_FEATURE_SHAPE",
        "SCHEMA_MISSING_COLUMN",
    }
)


class SplitAnomalies(NamedTuple):
    """What validation found in one split, and the statistics that it looked at."""

    split: str
    anomalies: anomalies_pb2.Anomalies
    statistics: StatisticsList


def find_anomalies(
    split: str, statistics: StatisticsList, schema: schema_pb2.Schema
) -> SplitAnomalies:
    """Holds a split against the schema in the environment in which the label is required."""
    return SplitAnomalies(split, validate_statistics(statistics, schema, TRAINING), statistics)


class Finding(NamedTuple):
    """One thing that does not fit the schema.

    Attributes:
        split: Where it was found.
        feature: The feature, or `WHOLE_SPLIT`.
        kind: TensorFlow Data Validation's name of this kind of anomaly.
        description: What is wrong, in its words.
        values: Values that show it; empty where there are none.
        advice: What to do about it.
        allowed: Whether it only warns.
    """

    split: str
    feature: str
    kind: str
    description: str
    values: str
    advice: str
    allowed: bool


def findings_of(
    splits: Iterable[SplitAnomalies],
    label: str | None = None,
    allow: Sequence[Allowance] = (),
) -> list[Finding]:
    """Returns what was found in each split, in the order of the features' names.

    Args:
        splits: Anomalies and statistics of each split.
        label: Raw feature that every row must have, whatever is allowed.
        allow: What only warns.
    """
    return [
        finding._replace(advice=_advice(finding, label), allowed=_allowed(finding, label, allow))
        for split in splits
        for finding in _found(split)
    ]


def is_absent_label(feature: str, kind: str, label: str | None) -> bool:
    """Whether an anomaly says that rows lack the label: then the data is wrong, not the schema."""
    return feature == label and kind in _ABSENCE


def _advice(finding: Finding, label: str | None) -> str:
    if is_absent_label(finding.feature, finding.kind, label):
        return LABEL_ADVICE
    return advice_for(finding.kind)


def _allowed(finding: Finding, label: str | None, allow: Sequence[Allowance]) -> bool:
    if is_absent_label(finding.feature, finding.kind, label):
        return False
    return any(entry.covers(finding.feature, finding.kind) for entry in allow)


def _found(split: SplitAnomalies) -> Iterator[Finding]:
    anomalies = split.anomalies
    if anomalies.data_missing:
        yield Finding(split.split, WHOLE_SPLIT, _NO_DATA, "no data", "", "", allowed=False)
    if anomalies.HasField("dataset_anomaly_info"):
        yield from _reasons(split, WHOLE_SPLIT, anomalies.dataset_anomaly_info, "")
    for feature in sorted(anomalies.anomaly_info):
        values = _example_values(split, feature)
        yield from _reasons(split, feature, anomalies.anomaly_info[feature], values)


def _reasons(
    split: SplitAnomalies, feature: str, info: anomalies_pb2.AnomalyInfo, values: str
) -> Iterator[Finding]:
    for reason in info.reason or [anomalies_pb2.AnomalyInfo.Reason(description=info.description)]:
        kind = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
        description = _CLEARER.get(kind) or _shorten(reason.description or info.description)
        yield Finding(split.split, feature, kind, description, values, "", allowed=False)


def _shorten(description: str) -> str:
    """Cuts a description that names a thousand values, and what a person does not need."""
    text = " ".join(description.replace(_ADDENDUM, "").split())
    return text if len(text) <= _LONGEST_DESCRIPTION else f"{text[:_LONGEST_DESCRIPTION]} ..."


def _example_values(found: SplitAnomalies, feature_name: str) -> str:
    datasets = found.statistics.datasets
    features = datasets[0].features if datasets else []
    feature = next((f for f in features if _name_of(f) == feature_name), None)
    if feature is None:
        return ""
    if feature.HasField("string_stats"):
        expected = _domain(found.anomalies.baseline, feature_name)
        values = [v.value for v in feature.string_stats.top_values if v.value not in expected]
        return ", ".join(values[:_SHOWN_VALUES])
    if feature.HasField("num_stats"):
        return f"{feature.num_stats.min:g} to {feature.num_stats.max:g}"
    return ""


def _domain(schema: schema_pb2.Schema, feature_name: str) -> frozenset[str]:
    """Returns the words that the schema knows for a feature, its own or by a shared domain."""
    shared = {domain.name: domain for domain in schema.string_domain}
    for feature in schema.feature:
        if feature.name == feature_name:
            domain = shared.get(feature.domain, feature.string_domain)
            return frozenset(domain.value)
    return frozenset()


def _name_of(feature: statistics_pb2.FeatureNameStatistics) -> str:
    return feature.name or ".".join(feature.path.step)
