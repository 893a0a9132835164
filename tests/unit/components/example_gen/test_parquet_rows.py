"""Rows of Parquet as tf.Examples: nothing that is there may get lost."""

from __future__ import annotations

import datetime as dt

import pytest

from components.example_gen.parquet_rows import UnsupportedValueError, to_example


def feature(value):
    return to_example({"column": value}).features.feature["column"]


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (7, "int64_list", [7]),
        (0, "int64_list", [0]),
        (False, "int64_list", [0]),
        (0.0, "float_list", [0.0]),
        (1.5, "float_list", [1.5]),
        ("", "bytes_list", [b""]),
        ("é", "bytes_list", ["é".encode()]),
        (b"\xff", "bytes_list", [b"\xff"]),
        ([0, 1], "int64_list", [0, 1]),
    ],
)
def test_a_value_is_kept_with_its_kind(value, kind, expected):
    its = feature(value)

    assert its.WhichOneof("kind") == kind
    assert list(getattr(its, kind).value) == expected


@pytest.mark.parametrize("value", [None, []])
def test_a_null_is_missing(value):
    assert feature(value).WhichOneof("kind") is None


@pytest.mark.parametrize(
    ("value", "kind"),
    [(dt.date(2026, 1, 2), "date"), ({"a": 1}, "dict"), ([1, None], "NoneType and int")],
)
def test_what_an_example_cannot_hold_is_refused_by_column_and_type(value, kind):
    with pytest.raises(UnsupportedValueError, match=rf"column 'column' holds .* {kind};"):
        feature(value)
