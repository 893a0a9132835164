"""Scalars are those of YAML 1.2, and what is shown can be read again."""

from __future__ import annotations

import math

import pytest

from pipeline.config.value_text import abbreviate, fits, parse_value, show_value
from pipeline.config.yaml_document import parse_document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("-1.5E+2", -150.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("10_000", 10_000),
        ("-7", -7),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("-.inf", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("2026-11-21", "2026-11-21"),
        ("1_", "1_"),
        ("*.csv", "*.csv"),
        ("a: b # c", "a: b # c"),
        ("package:tfx/x", "package:tfx/x"),
        (" padded ", "padded"),
        ("'5'", "5"),
        ('"a\\nb"', "a\nb"),
        ("[1, [a, null]]", [1, ["a", None]]),
        ("{a: {b: 1e3}}", {"a": {"b": 1000.0}}),
    ],
)
def test_parse_value(text, value):
    parsed = parse_value(text)

    assert parsed == value
    assert type(parsed) is type(value)


def test_not_a_number_is_read():
    assert math.isnan(parse_value(".nan"))


@pytest.mark.parametrize(
    "value",
    [
        "taxi",
        "package:tfx/components/csv",
        "../../schemas/taxi.pbtxt",
        "5",
        "null",
        "true",
        "1e3",
        "",
        "a: b",
        "*.csv",
        "# x",
        "- x",
        "é\t\n\"'",
        0.1,
        1e-07,
        1e300,
        -math.inf,
        3,
        None,
        False,
        [1, ["a, b"]],
        {"a b": {"c": [None]}, "1": {}},
    ],
)
def test_what_is_shown_reads_as_the_same_value(value):
    document = parse_document(f"key: {show_value(value)}")

    assert document.problems == []
    assert document.value == {"key": value}


def test_long_values_are_abbreviated_to_sixty_signs():
    assert abbreviate("x" * 60) == "x" * 60
    assert fits("x" * 60)
    assert abbreviate("x" * 61) == f"{'x' * 57}..."
    assert not fits("x" * 61)


def test_lines_of_keys_and_items():
    document = parse_document("a:\n  b:\n  - x\n  - {c: 1}\nd: 2\n")

    assert document.lines == {
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "b", 0): 3,
        ("a", "b", 1): 4,
        ("a", "b", 1, "c"): 4,
        ("d",): 5,
    }
