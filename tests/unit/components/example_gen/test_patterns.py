"""Placeholders in the path of the data: what they match, what they stand for, what cannot work."""

from __future__ import annotations

import datetime as dt

import pytest

from components.example_gen.patterns import (
    PatternError,
    SpanPattern,
    WrongDateError,
    date_of,
    has_placeholders,
    path_regex,
    span_of,
)


@pytest.mark.parametrize(
    ("pattern", "path", "span", "version"),
    [
        ("/d/span-{SPAN}/*.csv", "/d/span-12/a.csv", 12, None),
        ("/d/span-{SPAN}/*.csv", "/d/span-007/a.csv", 7, None),
        ("/d/{SPAN}.csv", "/d/0.csv", 0, None),
        ("/d/{SPAN:3}-*.csv", "/d/012-a.csv", 12, None),
        ("/d/{SPAN:2}*", "/d/0199", 1, None),
        ("/d/{SPAN}/v{VERSION}/?.csv", "/d/3/v10/a.csv", 3, 10),
        ("/d/v{VERSION}/{SPAN}/[ab].csv", "/d/v1/3/b.csv", 3, 1),
        ("/d/{YYYY}-{MM}-{DD}/*", "/d/1970-01-02/a", 1, None),
        ("/d/{YYYY}{MM}{DD}v{VERSION:2}.csv", "/d/20250101v03.csv", 20089, 3),
        ("/d/{DD}/{MM}/{YYYY}/x", "/d/29/02/2024/x", 19782, None),
        ("/d+(x).y/{SPAN}", "/d+(x).y/5", 5, None),
    ],
)
def test_a_path_that_fits(pattern, path, span, version):
    match = SpanPattern.parse(pattern).match(path)

    assert (match.span, match.version) == (span, version)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/d/span-{SPAN}/*.csv", "/d/span-old/a.csv"),
        ("/d/span-{SPAN}/*.csv", "/d/span-1/below/a.csv"),
        ("/d/span-{SPAN}/*.csv", "/d/span-1/.a.csv"),
        ("/d/span-{SPAN}/*.csv", "/d/span-1/a.csv.tmp"),
        ("/d/span-{SPAN}/*.csv", "/d/span-\N{ARABIC-INDIC DIGIT ONE}/a.csv"),
        ("/d/span-{SPAN}/[!a].csv", "/d/span-1/a.csv"),
        ("/d/{SPAN:3}.csv", "/d/12.csv"),
        ("/d/{SPAN:3}.csv", "/d/1234.csv"),
        ("/d/{SPAN}.csv", "/d/-1.csv"),
        ("/d.x/{SPAN}", "/dox/1"),
        ("/d/{YYYY}-{MM}-{DD}", "/d/2025-1-1"),
    ],
)
def test_a_path_that_does_not_fit(pattern, path):
    assert SpanPattern.parse(pattern).match(path) is None


def test_what_looks_like_a_date_and_is_none():
    with pytest.raises(WrongDateError, match="/d/2025-02-30: 2025-02-30 is no date") as caught:
        SpanPattern.parse("/d/{YYYY}-{MM}-{DD}").match("/d/2025-02-30")

    assert caught.value.path == "/d/2025-02-30"


def test_the_files_of_one_span_are_found_as_they_are_written():
    pattern = SpanPattern.parse("/d/{YYYY}/{MM}-{DD}/v{VERSION}/*.csv")
    match = pattern.match("/d/2025/01-09/v02/a.csv")

    assert pattern.fill(match) == "/d/2025/01-09/v02/*.csv"


@pytest.mark.parametrize(
    ("pattern", "glob"),
    [
        ("/d/{SPAN}/*.csv", "/d/[0-9]*/*.csv"),
        ("/d/{SPAN:2}", "/d/[0-9][0-9]"),
        ("/{YYYY}{MM}/{DD}", "/[0-9][0-9][0-9][0-9][0-9][0-9]/[0-9][0-9]"),
    ],
)
def test_the_glob_of_everything(pattern, glob):
    assert SpanPattern.parse(pattern).glob == glob


@pytest.mark.parametrize(
    ("pattern", "folder"),
    [
        ("/d/{SPAN}/*.csv", "/d/{SPAN}"),
        ("/d/{SPAN}/v{VERSION}/x/*.csv", "/d/{SPAN}/v{VERSION}"),
        ("/d/{YYYY}/{MM}/{DD}/*.csv", "/d/{YYYY}/{MM}/{DD}"),
        ("/d/{SPAN}.csv", None),
        ("/d/{SPAN}/v{VERSION}.csv", None),
    ],
)
def test_the_folder_of_one_span(pattern, folder):
    found = SpanPattern.parse(pattern).folder

    assert (found.text if found else None) == folder


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("/{SPAN}/{SPAN}", "{SPAN} is there more than once"),
        ("/{SPAN}/{YYYY}-{MM}-{DD}", "both {SPAN} and {YYYY} are there"),
        ("/{YYYY}-{MM}", "{DD} is missing"),
        ("/{DD}", "{YYYY}, {MM} is missing"),
        ("/{VERSION}", "{VERSION} needs a span"),
        ("/{SPAN}/{VERSION}-{VERSION:2}", "{VERSION} is there more than once"),
        ("/{SPAN}/{VERSON}", "there is no placeholder {VERSON}; those that are: {SPAN}"),
        ("/{span}", "there is no placeholder {span}"),
        ("/{SPAN:x}", "{SPAN:x}: the width must be a number of digits, as in {SPAN:3}"),
        ("/{SPAN:0}", "{SPAN:0}: the width must be a number"),
        ("/{SPAN:}", "{SPAN:}: the width must be a number"),
        ("/{YYYY:4}-{MM}-{DD}", "{YYYY:4}: a date has fixed widths; write {YYYY}"),
        ("/*{SPAN}", "where {SPAN} ends cannot be told beside a wildcard"),
        ("/{SPAN}?", "where {SPAN} ends cannot be told beside a wildcard"),
        ("/{SPAN}{VERSION:2}", "where {SPAN} ends cannot be told beside a wildcard or another"),
        ("/2{SPAN}", "where {SPAN} ends cannot be told beside a digit"),
    ],
)
def test_a_pattern_that_cannot_work(pattern, message):
    with pytest.raises(PatternError) as caught:
        SpanPattern.parse(pattern)

    assert message in str(caught.value)


def test_what_is_a_pattern():
    assert has_placeholders("/d/{SPAN:2}")
    assert has_placeholders("/d/{version}")
    assert not has_placeholders("/d/{a,b}/*.csv")
    assert not has_placeholders("/d/{name}/*.csv")


def test_dates_are_days_since_the_epoch():
    assert span_of(dt.date(1970, 1, 1)) == 0
    assert date_of(20089) == dt.date(2025, 1, 1)


def test_wildcards_stay_within_a_name():
    fits = path_regex("/d/*-?/[a-c]").fullmatch

    assert fits("/d/x-1/b")
    assert not fits("/d/x/y-1/b")
    assert not fits("/d/x-1/d")
