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
