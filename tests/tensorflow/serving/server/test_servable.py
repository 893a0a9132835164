"""A SavedModel in a session."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from serving.errors import DeadlineExceededError
from serving.server import servable
from serving.server.deadlines import Limits
from serving.server.servable import LoadOptions, ServableModel

X = {"x": np.array([1.5], np.float32)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    class Doubles(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
        def __call__(self, x):
            return {"y": 2 * x}

    folder = tmp_path_factory.mktemp("doubles")
    model = Doubles()
    tf.saved_model.save(model, str(folder), signatures=model.__call__)
    return folder


def test_an_answer_that_comes_too_late_is_none(folder, monkeypatch):
    model = ServableModel(folder, LoadOptions(limits=Limits(5000)))
    signature = model.signatures["serving_default"]
    assert model.run(signature, X, timeout_s=5)["y"] == [3]
    slow = SimpleNamespace(waited=lambda: 5.01)
    monkeypatch.setattr(servable, "Stopwatch", lambda: slow)
    with pytest.raises(DeadlineExceededError, match="before the model was done"):
        model.run(signature, X, timeout_s=5)
    assert model.run(signature, X)["y"] == [3]
    assert set(model._calls._calls) == {("serving_default", ("y",), ms) for ms in (5000, 0)}
    model.close()
