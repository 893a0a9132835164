"""What may be written in `data.allow`, and what it lets pass."""

from __future__ import annotations

import pytest

from components.example_validator.allowance import Allowance, anomaly_kinds, parse_allowance

KINDS = anomaly_kinds()


@pytest.mark.parametrize(
    ("entry", "allowance", "written"),
    [
        ("SCHEMA_NEW_COLUMN", Allowance(None, ("SCHEMA_NEW_COLUMN",)), "SCHEMA_NEW_COLUMN"),
        ("tolls", Allowance("tolls"), "tolls"),
        ("TOTAL_FARE", Allowance("TOTAL_FARE"), "TOTAL_FARE"),
        (
            "fare:FLOAT_TYPE_BIG_FLOAT",
            Allowance("fare", ("FLOAT_TYPE_BIG_FLOAT",)),
            "fare: FLOAT_TYPE_BIG_FLOAT",
        ),
        (
            "fare: FLOAT_TYPE_BIG_FLOAT,FLOAT_TYPE_SMALL_FLOAT",
            Allowance("fare", ("FLOAT_TYPE_BIG_FLOAT", "FLOAT_TYPE_SMALL_FLOAT")),
            "fare: FLOAT_TYPE_BIG_FLOAT, FLOAT_TYPE_SMALL_FLOAT",
        ),
        (
            "a:b: SCHEMA_NEW_COLUMN",
            Allowance("a:b", ("SCHEMA_NEW_COLUMN",)),
            "a:b: SCHEMA_NEW_COLUMN",
        ),
    ],
)
def test_an_entry_is_a_kind_a_feature_or_both(entry, allowance, written):
    assert parse_allowance(entry, KINDS) == allowance
    assert str(allowance) == written
    assert parse_allowance(written, KINDS) == allowance


@pytest.mark.parametrize(
    ("entry", "wrong", "nearest"),
    [
        ("SCHEMA_NEW_COLUMS", "SCHEMA_NEW_COLUMS", "SCHEMA_NEW_COLUMN"),
        ("fare: FLOAT_TYPE_BIG", "FLOAT_TYPE_BIG", "FLOAT_TYPE_BIG_FLOAT"),
        ("fare: float_type_big_float", "float_type_big_float", "FLOAT_TYPE_BIG_FLOAT"),
        ("fare: FLOAT_TYPE_BIG_FLOAT, SCHEMA_NEW", "SCHEMA_NEW", "SCHEMA_NEW_COLUMN"),
    ],
)
def test_an_unknown_kind_names_the_nearest(entry, wrong, nearest):
    with pytest.raises(ValueError, match=f"'{wrong}' is no kind .* did you mean {nearest}?"):
        parse_allowance(entry, KINDS)


def test_an_entry_without_a_feature_before_its_colon_is_refused():
    with pytest.raises(ValueError, match="no kind of anomaly"):
        parse_allowance(": SCHEMA_NEW_COLUMN", KINDS)


@pytest.mark.parametrize(
    ("entry", "covered"),
    [
        ("SCHEMA_NEW_COLUMN", {("tolls", "SCHEMA_NEW_COLUMN"), ("fare", "SCHEMA_NEW_COLUMN")}),
        ("fare", {("fare", "SCHEMA_NEW_COLUMN"), ("fare", "FLOAT_TYPE_BIG_FLOAT")}),
        ("fare: FLOAT_TYPE_BIG_FLOAT", {("fare", "FLOAT_TYPE_BIG_FLOAT")}),
    ],
)
def test_what_an_entry_covers(entry, covered):
    anomalies = [
        (feature, kind)
        for feature in ("fare", "tolls")
        for kind in ("SCHEMA_NEW_COLUMN", "FLOAT_TYPE_BIG_FLOAT")
    ]
    allowance = parse_allowance(entry, KINDS)

    assert {anomaly for anomaly in anomalies if allowance.covers(*anomaly)} == covered
