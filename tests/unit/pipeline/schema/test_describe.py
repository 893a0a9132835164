"""A schema in words."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.schema.describe import describe_change, describe_schema


def schema(*features, environments=("TRAINING", "SERVING"), domains=()):
    parsed = schema_pb2.Schema(default_environment=environments)
    for text in features:
        text_format.Parse(f"name: 'x' {text}", parsed.feature.add())
    for name, values in domains:
        parsed.string_domain.add(name=name, value=values)
    return parsed


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("type: FLOAT", "type", "FLOAT"),
        ("presence { min_fraction: 1 }", "presence", "every row"),
        ("presence { min_fraction: 0.95 }", "presence", "95 % of rows"),
        ("presence { min_fraction: 0.6666666 }", "presence", "66.6667 % of rows"),
        ("presence { min_fraction: 0.1 }", "presence", "10 % of rows"),
        ("presence { min_count: 1 }", "presence", "some rows"),
        ("", "presence", "optional"),
        ("lifecycle_stage: DEPRECATED presence { min_fraction: 1 }", "presence", "deprecated"),
        ("deprecated: true", "presence", "deprecated"),
        ("lifecycle_stage: PLANNED", "presence", "planned"),
        ("shape { dim { size: 1 } }", "values", "1"),
        ("shape { dim { size: 2 } dim { size: 3 } }", "values", "2 x 3"),
        ("value_count { min: 0 max: 1 }", "values", "0 or 1"),
        ("value_count { min: 1 max: 1 }", "values", "1"),
        ("value_count { min: 1 }", "values", "1 to any"),
        ("value_count { min: 1 max: 9 }", "values", "1 to 9"),
        ("int_domain { min: 1 max: 77 }", "domain", "1 to 77"),
        ("int_domain { min: 1356998400 }", "domain", "at least 1356998400"),
        ("float_domain { max: 0.1 }", "domain", "at most 0.1"),
        ("float_domain { min: 0 disallow_nan: true }", "domain", "at least 0, no NaN"),
        ("string_domain { value: 'a' value: 'b' }", "domain", "a, b"),
        ("bool_domain {}", "domain", "bool"),
        ("", "domain", ""),
        ("", "environments", "all"),
        ("not_in_environment: 'SERVING'", "environments", "TRAINING"),
        ("not_in_environment: ['SERVING', 'TRAINING']", "environments", "none"),
    ],
)
def test_a_feature(text, key, words):
    (line,) = describe_schema(schema(text))

    assert getattr(line, key) == words


def test_a_shared_list_of_values():
    (line,) = describe_schema(schema("domain: 'd'", domains=[("d", "abcdefg")]))

    assert line.domain == "a, b, c, d, e and 2 more"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("type: INT", "type: INT", ""),
        ("type: INT", "type: FLOAT", "type: INT → FLOAT"),
        ("int_domain { max: 5 }", "int_domain { max: 7 }", "domain: at most 5 → at most 7"),
        ("int_domain { max: 5 }", "", "domain: at most 5 → any"),
        ("string_domain { value: 'a' }", "string_domain { value: ['a', 'b'] }", "values + b"),
        (
            "shape { dim { size: 1 } }",
            "value_count { max: 1 }",
            "values: 1 → 0 or 1 (sparse in preprocessing_fn)",
        ),
        ("", "deprecated: true", "deprecated: preprocessing_fn must do without it"),
        (
            "type: INT presence { min_fraction: 1 }",
            "type: BYTES presence { min_fraction: 0.5 }",
            "type: INT → BYTES; presence: every row → 50 % of rows",
        ),
    ],
)
def test_a_change(old, new, words):
    assert describe_change("x", schema(old), schema(new)) == words


def test_a_new_feature():
    new = schema("type: INT presence { min_fraction: 1 } not_in_environment: 'SERVING'")

    assert describe_change("x", schema(), new) == "new: INT; every row; TRAINING only"
