"""Anomalies become findings: where, which values, what to do, and whether they stop the run."""

from __future__ import annotations

import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.example_validator.advice import LABEL_ADVICE
from components.example_validator.allowance import Allowance
from components.example_validator.findings import SplitAnomalies, findings_of

Info = anomalies_pb2.AnomalyInfo


def found(split="train", statistics=None, **anomalies):
    return SplitAnomalies(
        split,
        anomalies_pb2.Anomalies(**anomalies),
        statistics_pb2.DatasetFeatureStatisticsList(datasets=[statistics] if statistics else []),
    )


def info(*kinds, description="odd"):
    reasons = [Info.Reason(type=kind, description=description) for kind in kinds]
    return Info(description="all of it", reason=reasons)


def words(name, *values):
    top = [{"value": value, "frequency": 9} for value in values]
    feature = {"name": name, "string_stats": {"top_values": top}}
    return statistics_pb2.DatasetFeatureStatistics(features=[feature])


def numbers(name, low, high):
    feature = {"path": {"step": [name]}, "num_stats": {"min": low, "max": high}}
    return statistics_pb2.DatasetFeatureStatistics(features=[feature])


def test_a_new_column():
    (finding,) = findings_of(
        [found(statistics=numbers("t", 0, 2.5), anomaly_info={"t": info(Info.SCHEMA_NEW_COLUMN)})]
    )

    assert finding == (
        "train",
        "t",
        "SCHEMA_NEW_COLUMN",
        "odd",
        "0 to 2.5",
        "drop the column, or `schema accept` adds it",
        False,
    )


def test_unexpected_values_show_three_of_the_values():
    strange = info(Info.ENUM_TYPE_UNEXPECTED_STRING_VALUES)
    (finding,) = findings_of(
        [found(statistics=words("pay", *"abcd"), anomaly_info={"pay": strange})]
    )

    assert finding.values == "a, b, c"


@pytest.mark.parametrize("shared", [True, False])
def test_values_that_the_schema_knows_are_no_examples(shared):
    domain = schema_pb2.StringDomain(name="pay", value=["a", "c"])
    feature = schema_pb2.Feature(name="pay")
    schema = schema_pb2.Schema()
    if shared:
        feature.domain = "pay"
        schema.string_domain.append(domain)
    else:
        feature.string_domain.CopyFrom(domain)
    schema.feature.append(feature)
    strange = info(Info.ENUM_TYPE_UNEXPECTED_STRING_VALUES)
    (finding,) = findings_of(
        [found(statistics=words("pay", *"abcd"), baseline=schema, anomaly_info={"pay": strange})]
    )

    assert finding.values == "b, d"


def test_a_missing_column_has_no_values():
    (finding,) = findings_of([found(anomaly_info={"fare": info(Info.SCHEMA_MISSING_COLUMN)})])

    assert (finding.feature, finding.values) == ("fare", "")


def test_anomalies_of_a_whole_split():
    few = info(Info.DATASET_LOW_NUM_EXAMPLES, description="few")
    findings = findings_of(
        [found("train", dataset_anomaly_info=few), found("eval", data_missing=True)]
    )

    assert [(f.split, f.feature, f.description) for f in findings] == [
        ("train", "(whole split)", "few"),
        ("eval", "(whole split)", "no data"),
    ]


def test_each_kind_of_anomaly_in_a_feature_is_a_finding():
    both = info(Info.FLOAT_TYPE_BIG_FLOAT, Info.FLOAT_TYPE_SMALL_FLOAT)
    findings = findings_of(
        [found(anomaly_info={"fare": both})], allow=[Allowance("fare", ("FLOAT_TYPE_BIG_FLOAT",))]
    )

    assert {f.kind: f.allowed for f in findings} == {
        "FLOAT_TYPE_BIG_FLOAT": True,
        "FLOAT_TYPE_SMALL_FLOAT": False,
    }


def test_an_anomaly_without_reasons_is_not_passed_over():
    (finding,) = findings_of([found(anomaly_info={"x": Info(description="strange")})])

    assert (finding.kind, finding.description) == ("UNKNOWN_TYPE", "strange")


def test_a_description_that_names_everything_is_cut():
    described = info(Info.ENUM_TYPE_UNEXPECTED_STRING_VALUES, description="value, " * 1000)
    (finding,) = findings_of([found(anomaly_info={"x": described})])

    assert len(finding.description) < 200


@pytest.mark.parametrize(
    "kind",
    [
        "FEATURE_TYPE_LOW_FRACTION_PRESENT",
        "FEATURE_TYPE_LOW_NUMBER_VALUES",
        "FEATURE_TYPE_NOT_PRESENT",
        "INVALID_FEATURE_SHAPE",
        "SCHEMA_MISSING_COLUMN",
    ],
)
def test_nothing_allows_a_label_to_be_missing(kind):
    anomalies = [found(anomaly_info={"tips": info(kind), "fare": info(kind)})]
    fare, tips = findings_of(
        anomalies, label="tips", allow=[Allowance("tips"), Allowance(None, (kind,))]
    )

    assert fare.allowed
    assert not tips.allowed
    assert tips.advice == LABEL_ADVICE


def test_other_anomalies_of_the_label_can_be_allowed():
    big = found(anomaly_info={"tips": info(Info.FLOAT_TYPE_BIG_FLOAT)})
    (finding,) = findings_of([big], label="tips", allow=[Allowance("tips")])

    assert finding.allowed
