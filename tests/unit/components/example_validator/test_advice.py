"""What to do about an anomaly."""

from __future__ import annotations

import pytest

from components.example_validator import advice as module
from components.example_validator.advice import advice_for
from components.example_validator.allowance import anomaly_kinds


def test_every_kind_with_advice_is_one_of_tfdvs():
    assert set(module._ADVICE) <= set(anomaly_kinds())


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("SCHEMA_NEW_COLUMN", ("drop the column", "`schema accept` adds it")),
        ("SCHEMA_MISSING_COLUMN", ("bring the column back", "`schema accept` marks it deprecated")),
        ("UNEXPECTED_DATA_TYPE", ("mend the column", "data.types", "`schema accept` changes")),
    ],
)
def test_a_column_that_came_went_or_changed_its_type(kind, words):
    assert all(word in advice_for(kind) for word in words)


def test_a_kind_without_advice_of_its_own():
    assert advice_for("BOOL_TYPE_BIG_INT") == (
        "mend the data, or change the schema if the data is right"
    )
