"""The proposed schema: changed where the data contradicts it, and what must stay stays."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.schema.proposal import learnable, merge, prepare


def parse(text):
    return text_format.Parse(text, schema_pb2.Schema())


def feature(schema, name):
    return next(each for each in schema.feature if each.name == name)


SCHEMA = parse("""
feature { name: "fare" type: FLOAT presence { min_fraction: 1 } float_domain { max: 9 } }
feature { name: "pay" type: BYTES domain: "pay" not_in_environment: "SERVING" }
feature { name: "tips" type: FLOAT presence { min_fraction: 1 } not_in_environment: "SERVING" }
string_domain { name: "pay" value: "Cash" }
default_environment: "TRAINING" default_environment: "SERVING"
""")


def test_a_new_feature_is_learned_and_is_not_asked_for_in_requests():
    inferred = parse("""
    feature { name: "tolls" type: BYTES shape { dim { size: 1 } } domain: "tolls" }
    string_domain { name: "tolls" value: "a" }
    """)
    prepared = prepare(SCHEMA, inferred, {"tolls": {"SCHEMA_NEW_COLUMN"}})

    tolls = feature(prepared, "tolls")
    assert tolls.shape.dim[0].size == 1
    assert list(tolls.not_in_environment) == ["SERVING"]
    assert [domain.name for domain in prepared.string_domain] == ["pay", "tolls"]


def test_a_new_feature_takes_nothing_from_a_list_of_values_of_its_name():
    inferred = parse("""
    feature { name: "how" type: BYTES domain: "pay" }
    string_domain { name: "pay" value: "Card" }
    """)
    prepared = prepare(SCHEMA, inferred, {"how": {"SCHEMA_NEW_COLUMN"}})

    assert list(prepared.string_domain[0].value) == ["Cash", "Card"]


def test_a_changed_type_is_learned_and_everything_else_stays():
    inferred = parse('feature { name: "fare" type: INT int_domain { max: 3 } }')
    prepared = prepare(SCHEMA, inferred, {"fare": {"UNEXPECTED_DATA_TYPE"}})

    fare = feature(prepared, "fare")
    assert fare.type == schema_pb2.INT
    assert fare.WhichOneof("domain_info") == "int_domain"
    assert fare.presence.min_fraction == 1
    assert fare.lifecycle_stage == schema_pb2.UNKNOWN_STAGE


def test_environments_survive_a_changed_type():
    inferred = parse('feature { name: "pay" type: INT }')
    prepared = prepare(SCHEMA, inferred, {"pay": {"UNEXPECTED_DATA_TYPE"}})

    assert list(feature(prepared, "pay").not_in_environment) == ["SERVING"]
    assert not feature(prepared, "pay").WhichOneof("domain_info")


@pytest.mark.parametrize("kind", ["SCHEMA_NEW_COLUMN", "UNEXPECTED_DATA_TYPE"])
def test_a_type_on_which_the_splits_disagree_is_not_learned(kind):
    inferred = parse("""
    feature { name: "fare" type: INT lifecycle_stage: DEPRECATED }
    feature { name: "pay" type: INT }
    """)
    kinds = {"fare": {kind}, "pay": {kind}, "gone": {kind}, "tips": {"FLOAT_TYPE_BIG_FLOAT"}}

    assert set(learnable(kinds, inferred)) == {"pay", "tips"}


UPDATED = parse("""
feature { name: "fare" type: FLOAT presence { min_fraction: 0.5 } float_domain { max: 99 } }
feature { name: "pay" type: BYTES domain: "pay" not_in_environment: "SERVING" }
feature { name: "tips" type: FLOAT presence { min_fraction: 0.9 }
          not_in_environment: "SERVING" lifecycle_stage: DEPRECATED float_domain { max: 5 } }
feature { name: "tolls" type: INT }
string_domain { name: "pay" value: "Cash" value: "Card" }
""")


def test_only_the_named_features_change():
    merged = merge(SCHEMA, UPDATED, ["fare"])

    assert feature(merged, "fare") == feature(UPDATED, "fare")
    assert merged.feature[1:] == SCHEMA.feature[1:]
    assert merged.string_domain == SCHEMA.string_domain
    assert merged.default_environment == SCHEMA.default_environment


def test_a_shared_list_of_values_comes_along():
    assert list(merge(SCHEMA, UPDATED, ["pay"]).string_domain[0].value) == ["Cash", "Card"]


def test_a_new_feature_comes_last():
    merged = merge(SCHEMA, UPDATED, ["tolls"])

    assert [each.name for each in merged.feature] == ["fare", "pay", "tips", "tolls"]


def test_how_often_the_label_is_there_does_not_change():
    tips = feature(merge(SCHEMA, UPDATED, ["tips"], label="tips"), "tips")

    assert tips.presence.min_fraction == 1
    assert not tips.HasField("lifecycle_stage")
    assert tips.float_domain.max == 5


def test_a_list_of_values_that_nobody_refers_to_any_more_goes():
    updated = parse('feature { name: "pay" type: INT }')

    assert not merge(SCHEMA, updated, ["pay"]).string_domain
