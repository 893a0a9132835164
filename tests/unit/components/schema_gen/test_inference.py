"""One schema from several statistics: TFDV alone would forget bounds and give up features."""

from __future__ import annotations

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.data_validation import validate_statistics
from components.schema_gen.inference import infer

ROWS = 100
KINDS = statistics_pb2.FeatureNameStatistics


def common(statistics, present=ROWS):
    statistics.num_non_missing = present
    statistics.num_missing = ROWS - present
    statistics.min_num_values = statistics.max_num_values = 1 if present else 0
    statistics.tot_num_values = present
    statistics.avg_num_values = 1.0 if present else 0.0


def numbers(kind, low, high):
    feature = KINDS(name="x", type=kind)
    common(feature.num_stats.common_stats)
    feature.num_stats.min, feature.num_stats.max = low, high
    return feature


def integers(low, high):
    return numbers(KINDS.INT, low, high)


def nothing():
    """A column of empty cells, which TFDV takes for texts."""
    feature = KINDS(name="x", type=KINDS.STRING)
    common(feature.string_stats.common_stats, present=0)
    return feature


def a_table(*features):
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = statistics.datasets.add(num_examples=ROWS)
    other = KINDS(name="other", type=KINDS.FLOAT)
    common(other.num_stats.common_stats)
    dataset.features.extend([*features, other])
    return statistics


def inferred(*tables):
    schema = infer(tables, infer_shapes=True)
    return schema, {feature.name: feature for feature in schema.feature}.get("x")


def findings(schema, table):
    anomalies = validate_statistics(table, schema).anomaly_info
    return {name: its.short_description for name, its in anomalies.items()}


def test_a_column_that_first_looks_like_a_boolean_keeps_all_values():
    tables = [a_table(integers(1, 1)), a_table(integers(2, 2)), a_table(integers(3, 12))]
    schema, _ = inferred(*tables)

    assert [findings(schema, table) for table in tables] == [{}, {}, {}]
    assert findings(schema, a_table(integers(0, 12)))


@pytest.mark.parametrize("empty_first", [True, False])
def test_an_empty_column_has_the_type_that_it_has_elsewhere(empty_first):
    tables = [a_table(nothing()), a_table(integers(5, 9))]
    schema, feature = inferred(*(tables if empty_first else reversed(tables)))

    assert feature.type == schema_pb2.INT
    assert feature.lifecycle_stage != schema_pb2.DEPRECATED
    assert [findings(schema, table) for table in tables] == [{}, {}]


def test_a_column_that_is_empty_everywhere():
    schema, feature = inferred(a_table(nothing()), a_table(nothing()))

    assert feature.lifecycle_stage != schema_pb2.DEPRECATED
    assert findings(schema, a_table(nothing())) == {}


def test_of_two_types_the_first_stands_and_the_other_is_found():
    tables = [a_table(integers(5, 9)), a_table(numbers(KINDS.FLOAT, 5.0, 9.5))]
    schema, feature = inferred(*tables)

    assert feature.type == schema_pb2.INT
    assert findings(schema, tables[0]) == {}
    assert findings(schema, tables[1]) == {"x": "Unexpected data type"}


@pytest.mark.parametrize("lacking_first", [True, False])
def test_a_column_that_some_lack_is_found_where_it_lacks(lacking_first):
    tables = [a_table(), a_table(integers(5, 9))]
    schema, _ = inferred(*(tables if lacking_first else reversed(tables)))

    assert findings(schema, tables[0]) == {"x": "Column dropped"}
    assert findings(schema, tables[1]) == {}
