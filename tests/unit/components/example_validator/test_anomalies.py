"""The data gate's verdict."""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from components.example_validator.allowance import Allowance
from components.example_validator.anomalies import COLUMNS, verdict_of
from components.example_validator.findings import SplitAnomalies

Info = anomalies_pb2.AnomalyInfo
GONE = Info(reason=[Info.Reason(type=Info.SCHEMA_MISSING_COLUMN, description="gone")])
NEW = Info(reason=[Info.Reason(type=Info.SCHEMA_NEW_COLUMN, description="new")])


def split(name="train", **anomaly_info):
    return SplitAnomalies(
        name,
        anomalies_pb2.Anomalies(anomaly_info=anomaly_info),
        statistics_pb2.DatasetFeatureStatisticsList(),
    )


def test_no_anomalies_pass():
    verdict = verdict_of([split("train"), split("eval")])

    assert verdict.passed
    assert not verdict.warns
    assert verdict.headline == "no anomalies in train, eval"
    assert verdict.rows == ()


def test_an_anomaly_stops_the_run():
    verdict = verdict_of([split(tolls=NEW)])

    assert not verdict.passed
    assert verdict.headline == "1 anomaly in tolls"
    advice = "drop the column, or `schema accept` adds it"
    assert verdict.rows == (("train", "tolls", "new", "", "SCHEMA_NEW_COLUMN", advice),)
    assert "`tidemill schema diff`" in verdict.advice
    assert "data.allow" in verdict.advice
    assert "nothing was trained or pushed" in verdict.advice


def test_features_are_in_order_and_counted_once_in_the_headline():
    verdict = verdict_of([split("train", b=GONE, a=GONE), split("eval", b=GONE, a=GONE)])

    assert [row[1] for row in verdict.rows] == ["a", "b", "a", "b"]
    assert verdict.headline == "4 anomalies in a, b"


def test_what_is_allowed_is_shown_and_passes_when_nothing_else_is_left():
    verdict = verdict_of([split(tolls=NEW)], allow=[Allowance(None, ("SCHEMA_NEW_COLUMN",))])

    assert verdict.passed
    assert verdict.warns
    assert verdict.headline == "1 anomaly in tolls: allowed by data.allow"
    assert verdict.rows == (("train", "tolls", "new", "", "SCHEMA_NEW_COLUMN", "allowed"),)


def test_what_is_allowed_does_not_carry_the_rest_along():
    verdict = verdict_of([split(tolls=NEW, fare=GONE)], allow=[Allowance("tolls")])

    assert not verdict.passed
    assert not verdict.warns
    assert verdict.headline == "1 anomaly in fare; 1 more allowed"
    assert [dict(zip(COLUMNS, row, strict=True))["what to do"] for row in verdict.rows] == [
        "bring the column back, or `schema accept` marks it deprecated",
        "allowed",
    ]


def test_a_missing_label_is_for_the_data_to_mend_and_not_for_the_schema():
    verdict = verdict_of([split(tips=GONE)], label="tips", allow=[Allowance("tips")])

    assert not verdict.passed
    assert "no row is learned from without a label" in verdict.advice
    assert "schema accept" not in verdict.advice + verdict.rows[0][-1]
