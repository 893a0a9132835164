"""Anomalies become a table that a person can act on."""

from __future__ import annotations

import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.example_validator import anomalies as module
from components.example_validator.anomalies import SplitAnomalies, verdict_of

Info = anomalies_pb2.AnomalyInfo


def found(split="train", statistics=None, **anomalies):
    return SplitAnomalies(
        split,
        anomalies_pb2.Anomalies(**anomalies),
        statistics_pb2.DatasetFeatureStatisticsList(datasets=[statistics] if statistics else []),
    )


def info(kind, description):
    return Info(description=description, reason=[Info.Reason(type=kind)])


def words(name, *values):
    top = [{"value": value, "frequency": 9} for value in values]
    feature = {"name": name, "string_stats": {"top_values": top}}
    return statistics_pb2.DatasetFeatureStatistics(features=[feature])


def numbers(name, low, high):
    feature = {"path": {"step": [name]}, "num_stats": {"min": low, "max": high}}
    return statistics_pb2.DatasetFeatureStatistics(features=[feature])


def test_no_anomalies_pass():
    verdict = verdict_of([found("train"), found("eval")])

    assert verdict.passed
    assert verdict.headline == "no anomalies in train, eval"
    assert verdict.rows == ()


def test_a_new_column():
    kind = Info.SCHEMA_NEW_COLUMN
    verdict = verdict_of(
        [found(statistics=numbers("tolls", 0, 2.5), anomaly_info={"tolls": info(kind, "new")})]
    )

    assert not verdict.passed
    assert verdict.headline == "1 anomaly in tolls"
    assert verdict.rows == (
        ("train", "tolls", "new", "0 to 2.5", "add the feature to the schema, or drop the column"),
    )
    assert "nothing was trained or pushed" in verdict.advice


def test_unexpected_values_show_three_of_the_values():
    kind = Info.ENUM_TYPE_UNEXPECTED_STRING_VALUES
    (row,) = verdict_of(
        [found(statistics=words("pay", *"abcd"), anomaly_info={"pay": info(kind, "strange")})]
    ).rows

    assert row[3] == "a, b, c"
    assert row[4] == "mend the values, or add them to the feature's domain"


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
    strange = info(Info.ENUM_TYPE_UNEXPECTED_STRING_VALUES, "strange")
    (row,) = verdict_of(
        [found(statistics=words("pay", *"abcd"), baseline=schema, anomaly_info={"pay": strange})]
    ).rows

    assert row[3] == "b, d"


def test_a_missing_column_has_no_values():
    kind = Info.SCHEMA_MISSING_COLUMN
    (row,) = verdict_of([found("eval", anomaly_info={"fare": info(kind, "gone")})]).rows

    assert row == (
        "eval",
        "fare",
        "gone",
        "",
        "bring the column back, or mark the feature deprecated",
    )


def test_anomalies_of_a_whole_split():
    verdict = verdict_of(
        [
            found("train", dataset_anomaly_info=info(Info.DATASET_LOW_NUM_EXAMPLES, "few")),
            found("eval", data_missing=True),
        ]
    )

    assert [row[:3] for row in verdict.rows] == [
        ("train", "(whole split)", "few"),
        ("eval", "(whole split)", "no data"),
    ]
    assert verdict.headline == "2 anomalies in (whole split)"


def test_an_anomaly_without_advice_of_its_own():
    unusual = info(Info.BOOL_TYPE_BIG_INT, "odd")
    (row,) = verdict_of([found(anomaly_info={"x": unusual})]).rows

    assert row[4] == "mend the data, or change the schema if the data is right"


def test_features_are_in_order_and_counted_once_in_the_headline():
    kind = Info.SCHEMA_MISSING_COLUMN
    both = {"b": info(kind, "gone"), "a": info(kind, "gone")}
    verdict = verdict_of([found("train", anomaly_info=both), found("eval", anomaly_info=both)])

    assert [row[1] for row in verdict.rows] == ["a", "b", "a", "b"]
    assert verdict.headline == "4 anomalies in a, b"


def test_every_kind_with_advice_is_one_of_tfdvs():
    assert set(module._ADVICE) <= set(Info.Type.keys())
