from types import SimpleNamespace

import numpy as np
import pytest
import tflite_models

from serving.errors import DeadlineExceededError
from serving.server import tflite_model
from serving.server.batching_parameters import BatchingParameters
from serving.server.flags import ServerFlags
from serving.server.tflite_loading import TfliteLoader, batching_parameters

pytestmark = pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model.tflite").write_bytes(tflite_models.doubling())
    return tmp_path


def call(model, *values):
    signature = model.signatures["serving_default"]
    return model.run(signature, {"x": np.array(values, np.float32)})["y"].tolist()


def test_an_answer_that_comes_too_late_is_none(folder, monkeypatch):
    model = TfliteLoader(1, 1).load(folder)
    clock = iter([0.0, 6.0])
    monkeypatch.setattr(tflite_model, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with pytest.raises(DeadlineExceededError, match="before the model was done"):
        model.run(model.signatures["serving_default"], {"x": np.ones(1, np.float32)}, timeout_s=5)
    model.close()


@pytest.mark.conformance("tflite.model")
def test_only_the_flag_asks_for_it():
    assert TfliteLoader.from_flags(ServerFlags()) is None
    assert TfliteLoader.from_flags(ServerFlags(prefer_tflite_model=True)) is not None


@pytest.mark.conformance("tflite.model")
def test_a_folder_without_such_a_model_is_left_to_others(tmp_path):
    (tmp_path / "saved_model.pb").touch()
    assert TfliteLoader(1, 1).load(tmp_path) is None


@pytest.mark.conformance("tflite.pool")
@pytest.mark.parametrize(("pools", "at_once"), [(2, 2), (1, 1), (0, 1), (-3, 1)])
def test_so_many_requests_run_at_the_same_time(folder, pools, at_once):
    model = TfliteLoader(pools, 1).load(folder)
    assert model._pool._free.qsize() == at_once
    assert call(model, 1.0, 2.5) == [2.0, 5.0]
    model.close()


@pytest.mark.conformance("tflite.batching")
def test_more_interpreters_for_each_pool_put_requests_together(folder):
    model = TfliteLoader(2, 4).load(folder)
    assert call(model, 1.0, 2.5) == [2.0, 5.0]
    assert call(model, *range(300)) == [2.0 * number for number in range(300)]
    model.close()


@pytest.mark.conformance("tflite.batching")
@pytest.mark.parametrize(
    ("per_pool", "model_batch_size", "rows"), [(4, 1, 125), (3, 1, 167), (4, 32, 32), (4, 900, 500)]
)
def test_batches_are_a_share_of_five_hundred_rows_or_as_large_as_the_models(
    per_pool, model_batch_size, rows
):
    assert batching_parameters(3, per_pool, model_batch_size) == BatchingParameters(
        max_batch_size=500,
        max_enqueued_batches=300,
        num_batch_threads=3,
        split_large=True,
        max_execution_batch_size=rows,
    )
