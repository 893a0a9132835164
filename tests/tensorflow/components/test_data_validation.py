"""What TensorFlow Data Validation answers, byte for byte, and without TensorFlow."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.data_validation import infer_schema, update_schema, validate_statistics

KINDS = statistics_pb2.FeatureNameStatistics
SCHEMA = """
default_environment: "TRAINING"  default_environment: "SERVING"
feature {
  name: "fare"  type: FLOAT  float_domain { min: 0 max: 20 }
  presence { min_fraction: 1 }  shape { dim { size: 1 } }
  drift_comparator { jensen_shannon_divergence { threshold: 0.01 } }
}
feature {
  name: "company"  type: BYTES  domain: "companies"
  presence { min_fraction: 0.9 }  value_count { min: 1 max: 1 }
  skew_comparator { infinity_norm { threshold: 0.01 } }
  drift_comparator { infinity_norm { threshold: 0.2 } }
}
feature { name: "tips"  type: FLOAT  not_in_environment: "SERVING"  presence { min_count: 1 } }
string_domain { name: "companies"  value: "Blue"  value: "Flash" }
dataset_constraints { min_examples_count: 60 }
"""


def numbers(name, low, high, kind=KINDS.FLOAT, present=100):
    feature = KINDS(name=name, type=kind)
    common(feature.num_stats.common_stats, present)
    feature.num_stats.min, feature.num_stats.max = low, high
    histogram = feature.num_stats.histograms.add()
    for index in range(4):
        width = (high - low) / 4
        histogram.buckets.add(
            low_value=low + index * width, high_value=low + (index + 1) * width, sample_count=25
        )
    return feature


def texts(name, counts, present=100):
    feature = KINDS(name=name, type=KINDS.STRING)
    common(feature.string_stats.common_stats, present)
    feature.string_stats.unique = len(counts)
    for rank, (value, count) in enumerate(counts.items()):
        feature.string_stats.top_values.add(value=value, frequency=count)
        feature.string_stats.rank_histogram.buckets.add(
            low_rank=rank, high_rank=rank, label=value, sample_count=count
        )
    return feature


def common(statistics, present):
    statistics.num_non_missing, statistics.num_missing = present, 100 - present
    statistics.min_num_values = statistics.max_num_values = 1
    statistics.tot_num_values, statistics.avg_num_values = present, 1.0


def table(*features, rows=100, name=""):
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    statistics.datasets.add(num_examples=rows, name=name).features.extend(features)
    return statistics


COMPANIES = {"Blue": 70, "Flash": 30}
TABLES = {
    "as it should be": table(
        numbers("fare", 1, 19), texts("company", COMPANIES), numbers("tips", 0, 3)
    ),
    "served": table(numbers("fare", 1, 19), texts("company", {"Flash": 90, "Blue": 10})),
    "values beyond": table(
        numbers("fare", -5, 300),
        texts("company", {"Crypto": 60, "Blue": 40}),
        numbers("tips", 0, 3),
    ),
    "other types": table(
        numbers("fare", 1, 9, KINDS.INT), numbers("company", 0, 1), numbers("tips", 0, 1, KINDS.INT)
    ),
    "gaps": table(numbers("fare", 1, 19, present=40), texts("company", COMPANIES, present=50)),
    "few rows and a new column": table(numbers("fare", 1, 2), numbers("new", 0, 1), rows=50),
    "many categories": table(texts("company", {f"company {n}": 1 for n in range(150)})),
    "nothing": table(rows=0),
    "slices": statistics_pb2.DatasetFeatureStatisticsList(
        datasets=[
            *table(numbers("fare", 1, 2), name="company_Blue").datasets,
            *table(numbers("fare", 1, 99), name="All Examples").datasets,
        ]
    ),
}


@pytest.fixture(scope="module")
def tfdv():
    import tensorflow_data_validation

    return tensorflow_data_validation


@pytest.fixture(scope="module")
def schema():
    return text_format.Parse(SCHEMA, schema_pb2.Schema())


def content(message):
    return message.SerializeToString(deterministic=True)


def copy_of(table):
    copy = statistics_pb2.DatasetFeatureStatisticsList()
    copy.CopyFrom(table)  # TFDV changes what it is given
    return copy


@pytest.mark.parametrize("shapes", [True, False])
@pytest.mark.parametrize("name", TABLES)
def test_inferred_schemas(tfdv, name, shapes):
    given = content(TABLES[name])
    ours = infer_schema(TABLES[name], infer_shapes=shapes)

    assert content(ours) == content(tfdv.infer_schema(copy_of(TABLES[name]), shapes))
    assert content(TABLES[name]) == given


def test_a_composed_feature_is_passed_over(tfdv):
    composed = KINDS(name="composed")
    composed.custom_stats.add(name="missing_value", num=3)
    statistics = table(numbers("fare", 1, 2), composed)
    schema = infer_schema(statistics, infer_shapes=True)

    assert [feature.name for feature in schema.feature] == ["fare"]
    assert content(schema) == content(tfdv.infer_schema(copy_of(statistics)))
    assert content(update_schema(schema, statistics)) == content(schema)  # TFDV would abort


@pytest.mark.parametrize("name", TABLES)
def test_updated_schemas(tfdv, schema, name):
    ours = update_schema(schema, TABLES[name])

    assert content(ours) == content(tfdv.update_schema(schema, TABLES[name]))


@pytest.mark.parametrize("environment", [None, "TRAINING", "SERVING"])
@pytest.mark.parametrize("name", TABLES)
def test_anomalies(tfdv, schema, name, environment):
    ours = validate_statistics(TABLES[name], schema, environment)

    assert content(ours) == content(tfdv.validate_statistics(TABLES[name], schema, environment))


@pytest.mark.parametrize(("previous", "serving"), [*itertools.permutations(list(TABLES)[:3], 2)])
def test_drift_and_skew(tfdv, schema, previous, serving):
    now, *others = TABLES["as it should be"], TABLES[previous], TABLES[serving]
    ours = validate_statistics(now, schema, "TRAINING", *others)

    assert ours.drift_skew_info
    assert content(ours) == content(tfdv.validate_statistics(now, schema, "TRAINING", *others))


def test_the_anomalies_that_are_compared_are_of_many_kinds(schema):
    kinds = {
        reason.type
        for statistics in TABLES.values()
        for found in validate_statistics(statistics, schema).anomaly_info.values()
        for reason in found.reason
    }
    assert len(kinds) >= 8


def test_an_environment_that_the_schema_does_not_know(schema):
    with pytest.raises(ValueError, match=r"^Environment TESTING not found in the schema\.$"):
        validate_statistics(TABLES["served"], schema, "TESTING")


@pytest.mark.parametrize("count", [0, 2])
def test_statistics_without_all_examples(schema, count):
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    for number in range(count):
        statistics.datasets.add(name=f"company_{number}", num_examples=10)

    with pytest.raises(ValueError, match=f"{count} datasets in the statistics"):
        validate_statistics(statistics, schema)


WITHOUT_TENSORFLOW = """
import json, sys
from components.data_validation import infer_schema
from tensorflow_metadata.proto.v0 import statistics_pb2
table = statistics_pb2.DatasetFeatureStatisticsList()
table.datasets.add(num_examples=1)
infer_schema(table, infer_shapes=True)
heavy = ("tensorflow", "apache_beam", "numpy", "tensorflow_data_validation")
sys.stdout.write(json.dumps([name for name in heavy if name in sys.modules]))
"""


def test_nothing_heavy_is_imported():
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW], cwd=root, capture_output=True, check=True
    )
    assert json.loads(done.stdout) == []
