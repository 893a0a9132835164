"""The type of a column: over all cells, by TFX's rule, and never quietly text."""

from __future__ import annotations

import pyarrow as pa
import pytest

from components.example_gen.column_types import (
    ColumnType,
    Tally,
    decide,
    is_integer,
    is_number,
)

INT, FLOAT, TEXT = ColumnType


def tally(*batches):
    its = Tally()
    for cells in batches:
        its.add(pa.array(cells, pa.string()))
    return its


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("5", INT),
        ("-5", INT),
        ("+5", INT),
        ("007", INT),
        (" 5\t", INT),
        ("9223372036854775807", INT),
        ("-9223372036854775808", INT),
        ("000000000000000000000000005", INT),
        ("9223372036854775808", TEXT),  # as a float it would lose digits
        ("-9223372036854775809", TEXT),
        ("5.", FLOAT),
        (".5", FLOAT),
        ("-1.5e-3", FLOAT),
        ("1E5", FLOAT),
        ("12345678901234567890.5", FLOAT),
        ("nan", FLOAT),
        ("-Infinity", FLOAT),
        ("", TEXT),
        (" ", TEXT),
        ("1,5", TEXT),
        ("1_000", TEXT),
        ("0x10", TEXT),
        ("1d", TEXT),
        (".", TEXT),
        ("e5", TEXT),
        ("NA", TEXT),
        ("true", TEXT),
        ("2026-01-02", TEXT),
        ("12:30", TEXT),
        ("1\n", TEXT),
    ],
)
def test_the_type_of_a_cell(cell, expected):
    cells = pa.array([cell, None])

    assert is_integer(cells).to_pylist() == [expected is INT, None]
    assert is_number(cells).to_pylist() == [expected is not TEXT, None]
    assert tally([cell]).inferred is expected


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        ([["1", "2"], ["3", None]], INT),
        ([["1", "2"], ["3.5"]], FLOAT),
        ([["1.5"], ["2"]], FLOAT),
        ([["a"], ["2"]], TEXT),
        ([["1"], ["a"]], TEXT),
        ([[None], ["1"]], INT),
        ([[None, None]], None),
        ([[]], None),
    ],
)
def test_the_type_that_fits_all_batches(batches, expected):
    assert tally(*batches).inferred is expected


@pytest.mark.parametrize(
    ("numbers", "texts", "mixed"),
    [(80, 20, True), (1, 1, True), (49, 51, False), (10, 0, False), (0, 3, False)],
)
def test_a_column_is_mixed_from_half_of_it_being_numbers_on(numbers, texts, mixed):
    cells = ["1"] * numbers + ["x"] * texts + [None] * 100

    assert tally(cells).is_mixed is mixed
    assert tally(cells[::-1]).is_mixed is mixed


def types_of(columns):
    return dict(columns.types)


def test_a_mixed_column_is_broken_until_it_is_declared_text():
    tallies = {"fare": tally(["1"] * 99 + ["free"])}

    columns = decide(tallies, {}, {})
    (broken,) = columns.broken.values()
    assert broken.type is FLOAT
    assert "data.types: {fare: text}" in broken.fix
    assert broken.violations(pa.array(["1", None, "free", "2.5"])) == [2]

    assert decide(tallies, {"fare": TEXT}, {}) == ({"fare": TEXT}, {})
    assert decide(tallies, {}, {"fare": TEXT}) == ({"fare": TEXT}, {})


@pytest.mark.parametrize(
    ("given", "cells", "fits"),
    [
        (INT, ["1", "2"], True),
        (INT, ["1", "2.5"], False),
        (FLOAT, ["1", "2.5"], True),
        (FLOAT, ["1", "x"], False),
        (FLOAT, ["x", "y"], False),
        (TEXT, ["1", "2"], True),
    ],
)
def test_a_given_type_wins_and_must_fit(given, cells, fits):
    tallies = {"x": tally(cells)}

    for columns, source in [
        (decide(tallies, {"x": given}, {}), "data.types.x"),
        (decide(tallies, {}, {"x": given}), "schema"),
    ]:
        assert types_of(columns) == {"x": given}
        assert bool(columns.broken) is not fits
        assert all(source in demand.fix for demand in columns.broken.values())


def test_a_declared_type_wins_over_the_schemas():
    columns = decide({"x": tally(["1"])}, {"x": FLOAT}, {"x": TEXT})

    assert types_of(columns) == {"x": FLOAT}


def test_of_a_column_without_values_only_a_declaration_says_something():
    tallies = {"x": tally([None])}

    assert types_of(decide(tallies, {}, {"x": FLOAT})) == {"x": None}
    assert types_of(decide(tallies, {"x": FLOAT}, {})) == {"x": FLOAT}


def test_an_integer_demand_refuses_fractions():
    columns = decide({"x": tally(["1", "2.5"])}, {"x": INT}, {})

    assert columns.broken["x"].violations(pa.array(["1", "2.5", None])) == [1]
