"""TensorFlow Data Validation's answers, and what the proposal makes of them.

Statistics are written by hand, as StatisticsGen would write them.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.example_validator.findings import findings_of, is_absent_label
from pipeline.errors import UsageError
from pipeline.schema import validation
from pipeline.schema.change import find_change
from pipeline.schema.in_force import SchemaInForce, effective_schema

ROWS = 100
SCHEMA = """\
# Trips.
feature {
  name: "fare"  # dollars
  type: FLOAT
  presence { min_fraction: 1 min_count: 1 }
  shape { dim { size: 1 } }
  float_domain { min: 0 max: 50 }
}
feature {
  name: "tips"
  type: FLOAT
  presence { min_fraction: 1 min_count: 1 }
  shape { dim { size: 1 } }
  not_in_environment: "SERVING"
}
default_environment: "TRAINING"
default_environment: "SERVING"
"""


def column(name, kind, present=ROWS, **stats):
    common = {
        "num_non_missing": present,
        "num_missing": ROWS - present,
        "min_num_values": 1,
        "max_num_values": 1,
        "tot_num_values": present,
        "avg_num_values": 1,
    }
    field = "string_stats" if kind == "STRING" else "num_stats"
    return {"path": {"step": [name]}, "type": kind, field: {"common_stats": common, **stats}}


FARE = column("fare", "FLOAT", min=1, max=40)
TIPS = column("tips", "FLOAT", min=0, max=5)


@pytest.fixture
def change(tmp_path):
    """Asks what data changes in the schema: its columns in train and eval."""

    def ask(*columns, evaluation=None, features=(), allow=(), text=SCHEMA):
        files = {}
        for split, its in (("train", columns), ("eval", evaluation or columns)):
            statistics = statistics_pb2.DatasetFeatureStatisticsList()
            statistics.datasets.add(num_examples=ROWS, features=its)
            files[split] = tmp_path / split
            files[split].write_bytes(statistics.SerializeToString())
        config = SimpleNamespace(
            data=SimpleNamespace(label="tips", allow=allow),
            schema_=SimpleNamespace(infer_shapes=True),
        )
        written = text_format.Parse(text, schema_pb2.Schema())
        in_force = SchemaInForce(
            tmp_path / "x.pbtxt", text, written, True, effective_schema(written, "tips")
        )
        return find_change(config, in_force, files, features)

    return ask


def feature(change, name):
    return next(each for each in change.proposed.feature if each.name == name)


def kinds(change):
    return [(finding.split, finding.feature, finding.kind) for finding in change.findings]


def test_data_that_fits_changes_nothing(change):
    answer = change(FARE, TIPS)

    assert answer.findings == []
    assert answer.patched.text == SCHEMA


def test_a_wider_range_in_one_split(change):
    answer = change(FARE, TIPS, evaluation=[column("fare", "FLOAT", min=1, max=60), TIPS])

    assert kinds(answer) == [("eval", "fare", "FLOAT_TYPE_BIG_FLOAT")]
    assert answer.changes == {"fare": "domain: 0 to 50 → 0 to 60"}
    assert answer.patched.text == SCHEMA.replace("max: 50", "max: 60.0")
    assert answer.remaining == []


def test_a_changed_type_is_changed_and_not_deprecated(change):
    whole = column("fare", "INT", min=1, max=40)
    answer = change(whole, TIPS)

    assert feature(answer, "fare").type == schema_pb2.INT
    assert feature(answer, "fare").lifecycle_stage == schema_pb2.UNKNOWN_STAGE
    assert '  name: "fare"  # dollars\n  type: INT\n' in answer.patched.text
    assert answer.remaining == []


def test_a_new_column_is_dense_and_not_part_of_a_request(change):
    answer = change(FARE, TIPS, column("tolls", "INT", min=0, max=9))

    assert feature(answer, "tolls").shape.dim[0].size == 1
    assert list(feature(answer, "tolls").not_in_environment) == ["SERVING"]
    assert answer.changes == {"tolls": "new: INT; every row; TRAINING only"}
    assert answer.remaining == []


def test_a_column_that_went_is_deprecated(change):
    answer = change(TIPS)

    assert feature(answer, "fare").lifecycle_stage == schema_pb2.DEPRECATED
    assert answer.remaining == []


@pytest.mark.parametrize("present", [0, 90])
def test_no_change_lets_the_label_be_missing(change, present):
    answer = change(FARE, column("tips", "FLOAT", present))

    assert answer.changes == {}
    assert answer.patched.text == SCHEMA
    assert {finding.feature for finding in answer.remaining} == {"tips"}


def test_no_change_lets_the_label_be_a_column_that_went(change):
    answer = change(FARE, features=())

    assert answer.patched.text == SCHEMA
    assert {finding.kind for finding in answer.remaining} == {"SCHEMA_MISSING_COLUMN"}


@pytest.mark.parametrize("missing", ["feature", "value"])
def test_a_schema_inferred_from_rows_without_a_label_refuses_these_rows(missing):
    tips = column("tips", "FLOAT", ROWS - 10 if missing == "feature" else ROWS)
    if missing == "value":  # as the empty cells of a CSV file
        tips["num_stats"]["common_stats"].update(min_num_values=0, avg_num_values=0.9)
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    statistics.datasets.add(num_examples=ROWS, features=[FARE, tips])
    inferred = validation.infer_schema({"train": statistics}, infer_shapes=True)
    (found,) = validation.find_anomalies(
        {"train": statistics}, effective_schema(inferred, label="tips")
    )

    assert set(found.anomalies.anomaly_info) == {"tips"}
    assert is_absent_label("tips", findings_of([found])[0].kind, label="tips")


def test_only_the_named_features_change(change):
    answer = change(
        column("fare", "INT", min=1, max=40),
        TIPS,
        column("tolls", "INT", min=0, max=9),
        features=("fare",),
    )

    assert set(answer.changes) == {"fare"}
    assert {finding.feature for finding in answer.remaining} == {"tolls"}


def test_what_is_allowed_changes_only_when_it_is_named(change):
    columns = (FARE, TIPS, column("tolls", "INT", min=0, max=9))
    unasked = change(*columns, allow=["tolls"])
    asked = change(*columns, allow=["tolls"], features=("tolls",))

    assert unasked.patched.text == SCHEMA
    assert [finding.allowed for finding in unasked.findings] == [True, True]
    assert unasked.remaining == []
    assert set(asked.changes) == {"tolls"}


def test_a_feature_without_an_anomaly_is_refused(change):
    with pytest.raises(UsageError, match=r"tips is no feature with an anomaly.* in tolls"):
        change(FARE, TIPS, column("tolls", "INT", min=0, max=9), features=("tips",))


def test_a_type_on_which_the_splits_disagree_stops_the_run_still(change):
    answer = change(
        FARE,
        TIPS,
        column("tolls", "INT", min=0, max=9),
        evaluation=[FARE, TIPS, column("tolls", "FLOAT", min=0, max=9)],
    )

    assert answer.changes == {}
    assert {finding.feature for finding in answer.remaining} == {"tolls"}


def test_the_schema_of_the_data_alone_fits_all_splits():
    statistics = {}
    for split, top in (("train", 4), ("eval", 7)):
        statistics[split] = statistics_pb2.DatasetFeatureStatisticsList()
        statistics[split].datasets.add(num_examples=ROWS, features=[FARE, TIPS])
        statistics[split].datasets[0].features.add(**column(f"only_{split}", "INT", max=top))
    schema = validation.infer_schema(statistics, infer_shapes=True)

    assert {each.name for each in schema.feature} == {"fare", "tips", "only_train", "only_eval"}
