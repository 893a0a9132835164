"""The label is in TRAINING and not in SERVING."""

from __future__ import annotations

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from components.schema_gen.environments import UnknownLabelError, add_environments


@pytest.fixture
def schema():
    return schema_pb2.Schema(
        feature=[schema_pb2.Feature(name="tips"), schema_pb2.Feature(name="fare")]
    )


def test_the_label_is_absent_in_serving_alone(schema):
    add_environments(schema, "tips")

    assert list(schema.default_environment) == ["TRAINING", "SERVING"]
    assert list(schema.feature[0].not_in_environment) == ["SERVING"]
    assert not schema.feature[1].not_in_environment


@pytest.mark.parametrize("inferred", [None, 0.9])
def test_every_row_must_have_a_label_whatever_the_schema_says(schema, inferred):
    if inferred is not None:
        schema.feature[0].presence.min_fraction = inferred
    add_environments(schema, "tips")

    assert schema.feature[0].presence.min_fraction == 1
    # A row of a CSV file has the feature, but no value in it, where its cell is empty.
    assert schema.feature[0].value_count.min == 1
    assert not schema.feature[1].HasField("presence")


def test_a_label_of_a_fixed_shape_stays_dense(schema):
    schema.feature[0].shape.dim.add(size=1)
    add_environments(schema, "tips")

    assert not schema.feature[0].HasField("value_count")


def test_a_curated_schema_that_says_so_stays_as_it_is(schema):
    add_environments(schema, "tips")
    once = schema_pb2.Schema.FromString(schema.SerializeToString())
    add_environments(schema, "tips")

    assert schema == once


def test_without_a_label_every_feature_is_served(schema):
    add_environments(schema, None)

    assert list(schema.default_environment) == ["TRAINING", "SERVING"]
    assert not any(feature.not_in_environment for feature in schema.feature)


def test_an_unknown_label_names_the_nearest_feature(schema):
    with pytest.raises(UnknownLabelError, match="did you mean 'tips'") as caught:
        add_environments(schema, "tip")

    assert (caught.value.label, caught.value.features) == ("tip", ["tips", "fare"])


def test_a_label_that_is_near_to_none_lists_the_features(schema):
    with pytest.raises(UnknownLabelError, match=r"features: \['tips', 'fare'\]"):
        add_environments(schema, "species")
