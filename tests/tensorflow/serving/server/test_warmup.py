"""What is told of warm-ups."""

import contextlib
from types import SimpleNamespace

import pytest
from tensorflow_serving.apis import prediction_log_pb2

from serving.errors import ServingError
from serving.server.inference import Inference
from serving.server.metrics import ServerMetrics
from serving.server.warmup import WarmUp
from serving.tfrecords import framed

EMPTY = prediction_log_pb2.PredictionLog()
PREDICT = prediction_log_pb2.PredictionLog()
PREDICT.predict_log.SetInParent()
MODEL = SimpleNamespace(signatures={}, signature_defs={})


def records(*logs):
    return framed([log.SerializeToString() for log in logs])


@pytest.mark.conformance("metrics.warmup")
@pytest.mark.parametrize(
    ("content", "status", "read"),
    [
        (records(EMPTY, EMPTY), "OK", 2),
        (records(EMPTY, PREDICT, EMPTY), "FAILED_PRECONDITION", 1),
        (records(EMPTY, EMPTY)[:-1], "DATA_LOSS", 1),
        (framed([b"\xff"]), "INVALID_ARGUMENT", 0),
        (records(*[EMPTY] * 1001), "INVALID_ARGUMENT", 1001),
    ],
    ids=["fine", "refused", "torn", "something else", "too many"],
)
def test_warm_ups_are_counted_with_what_came_of_them(tmp_path, content, status, read):
    file = tmp_path / "assets.extra" / "tf_serving_warmup_requests"
    file.parent.mkdir()
    file.write_bytes(content)
    metrics = ServerMetrics()
    with contextlib.suppress(ServingError):
        WarmUp(Inference(metrics=metrics)).run(MODEL, tmp_path)
    lines = [line.partition(":model_warmup_")[2] for line in metrics.page().splitlines()]
    labels = f'{{model_path="{tmp_path}",status="{status}"}}'
    assert {f"latency_count{labels} 1", f"records_read{labels} {read}"} <= set(lines)
