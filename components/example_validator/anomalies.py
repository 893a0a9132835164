"""Anomalies as a table for people: which feature, what is wrong, the values, what to do.

Source: TensorFlow Metadata, `anomalies.proto` (the kinds) and `statistics.proto`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.gates import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COLUMNS = ("split", "feature", "anomaly", "example values", "what to do")
_SHOWN_VALUES = 3
_DATASET = "(whole split)"

_DEFAULT_ADVICE = "mend the data, or change the schema if the data is right"
_ADVICE = {
    "SCHEMA_NEW_COLUMN": "add the feature to the schema, or drop the column",
    "SCHEMA_MISSING_COLUMN": "bring the column back, or mark the feature deprecated",
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": "mend the values, or add them to the feature's domain",
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": "fill the gaps, or lower presence.min_fraction",
    "FEATURE_TYPE_LOW_NUMBER_PRESENT": "add data, or lower presence.min_count",
    "FEATURE_TYPE_NOT_PRESENT": "bring the column back, or relax the feature's presence",
    "FLOAT_TYPE_BIG_FLOAT": "mend the outliers, or raise float_domain.max",
    "FLOAT_TYPE_SMALL_FLOAT": "mend the outliers, or lower float_domain.min",
    "FLOAT_TYPE_HAS_NAN": "replace the NaNs, or drop disallow_nan",
    "INT_TYPE_BIG_INT": "mend the outliers, or raise int_domain.max",
    "INT_TYPE_SMALL_INT": "mend the outliers, or lower int_domain.min",
    "UNEXPECTED_DATA_TYPE": "mend the column's type, or change the feature's type",
    "DATASET_LOW_NUM_EXAMPLES": "add data, or lower dataset_constraints.min_examples_count",
}


class SplitAnomalies(NamedTuple):
    """What validation found in one split, and the statistics that it looked at."""

    split: str
    anomalies: anomalies_pb2.Anomalies
    statistics: statistics_pb2.DatasetFeatureStatisticsList


def verdict_of(splits: Sequence[SplitAnomalies]) -> Verdict:
    """Returns the data gate's verdict: any anomaly in any split stops the run."""
    rows = tuple(row for split in splits for row in _rows(split))
    if not rows:
        names = ", ".join(split.split for split in splits)
        return Verdict(passed=True, headline=f"no anomalies in {names}", columns=COLUMNS)
    features = sorted({row[1] for row in rows})
    count = "1 anomaly" if len(rows) == 1 else f"{len(rows)} anomalies"
    return Verdict(
        passed=False,
        headline=f"{count} in {', '.join(features)}",
        columns=COLUMNS,
        rows=rows,
        advice="mend the data or change the schema, then run again; nothing was trained or pushed",
    )


def _rows(found: SplitAnomalies) -> Iterable[tuple[str, ...]]:
    anomalies = found.anomalies
    if anomalies.data_missing:
        yield (found.split, _DATASET, "no data", "", "add data")
    if anomalies.HasField("dataset_anomaly_info"):
        info = anomalies.dataset_anomaly_info
        yield (found.split, _DATASET, info.description, "", _advice_of(info))
    for feature in sorted(anomalies.anomaly_info):
        info = anomalies.anomaly_info[feature]
        values = _example_values(found, feature)
        yield (found.split, feature, info.description, values, _advice_of(info))


def _advice_of(info: anomalies_pb2.AnomalyInfo) -> str:
    kinds = [anomalies_pb2.AnomalyInfo.Type.Name(reason.type) for reason in info.reason]
    advice = [_ADVICE[kind] for kind in kinds if kind in _ADVICE]
    return "; ".join(dict.fromkeys(advice)) or _DEFAULT_ADVICE


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
