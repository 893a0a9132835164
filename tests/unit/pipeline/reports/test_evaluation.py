"""The report of an evaluation names slices and metrics as the model gate does."""

from __future__ import annotations

SNIPPET = """
from pathlib import Path
from google.protobuf import wrappers_pb2
from pipeline.reports.evaluation import section
from serving.tfrecords import framed
from tensorflow_model_analysis.proto import metrics_for_slice_pb2 as protos

def measured(slice_keys, **by_top_k):
    record = protos.MetricsForSlice()
    for column, value in slice_keys:
        record.slice_key.single_slice_keys.add(column=column, **value)
    for top_k, number in by_top_k.items():
        entry = record.metric_keys_and_values.add()
        entry.key.name = "precision"
        entry.key.sub_key.top_k.value = int(top_k[1:])
        entry.value.double_value.value = number
    return record

records = [
    measured([("hour", {"int64_value": 7}), ("company", {"bytes_value": b"Flash"})], k1=0.25),
    measured([], k1=0.5, k2=0.75),
]
folder = Path(sys.argv[1])
content = framed(record.SerializeToString() for record in records)
(folder / "metrics-00000-of-00001.tfrecord").write_bytes(content)
answer(section(str(folder)))
"""


def test_slices_and_metrics_have_the_names_of_the_gate(leanly, tmp_path):
    html = leanly(SNIPPET, str(tmp_path))

    assert "hour=7, company=Flash" in html
    for name in ("precision (top_k 1)", "precision (top_k 2)"):
        assert name in html
    for number in ("0.25", "0.5", "0.75"):
        assert f">{number}<" in html
    assert html.index("all examples") < html.index("hour=7")
