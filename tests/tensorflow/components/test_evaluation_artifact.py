"""What is read from TFMA's files. That it is what TFMA reads is tested with real ones (e2e)."""

import pytest

from components.evaluation_artifact import DamagedEvaluationError, overall_metrics
from serving.tfrecords import framed

SNIPPET = """
from components.evaluation_artifact import overall_metrics
from tensorflow_model_analysis.proto import metrics_for_slice_pb2 as protos
from serving.tfrecords import framed
from pathlib import Path

def metric(record, name, model="", number=None, is_diff=False):
    entry = record.metric_keys_and_values.add()
    entry.key.name, entry.key.model_name, entry.key.is_diff = name, model, is_diff
    if number is None:
        entry.value.bytes_value = b"matrix"
    else:
        entry.value.double_value.value = number

def write(folder, records):
    folder.mkdir()
    content = framed(record.SerializeToString() for record in records)
    (folder / "metrics-00000-of-00001.tfrecord").write_bytes(content)
    return overall_metrics(str(folder))

overall, of_slice = protos.MetricsForSlice(), protos.MetricsForSlice()
of_slice.slice_key.single_slice_keys.add(column="hour", int64_value=1)
metric(of_slice, "auc", number=0.1)
metric(overall, "auc", number=0.75)
metric(overall, "example_count", number=12)
metric(overall, "undefined", number=float("nan"))
metric(overall, "matrix")

both = protos.MetricsForSlice()
metric(both, "auc", "candidate", 0.8)
metric(both, "auc", "baseline", 0.7)
metric(both, "auc", "candidate", 0.1, is_diff=True)

root = Path(sys.argv[1])
answer({
    "one model": write(root / "one", [of_slice, overall]),
    "with a baseline": write(root / "two", [both]),
    "no file": overall_metrics(str(root / "none")),
})
"""


def test_the_candidates_finite_numbers_on_all_examples_are_kept(leanly, tmp_path):
    assert leanly(SNIPPET, str(tmp_path)) == {
        "one model": {"auc": 0.75, "example_count": 12.0},
        "with a baseline": {"auc": 0.8},
        "no file": {},
    }


def test_a_damaged_file_is_told(tmp_path):
    path = tmp_path / "metrics-00000-of-00001.tfrecord"
    path.write_bytes(framed([b"what was measured"])[:-1])

    with pytest.raises(
        DamagedEvaluationError, match=r"record 1, byte 0: the file is cut off"
    ) as caught:
        overall_metrics(str(tmp_path))
    assert f"remove {tmp_path} and run again" in str(caught.value)
