"""Models and one running server that the tests of serving share."""

import subprocess
import sys

import grpc
import httpx
import pytest

from serving.server.process import ServerProcess

VARIED_MODEL = """
import sys
import tensorflow as tf

FLOATS = tf.TensorSpec([None], tf.float32)

class Model(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def half(self, x):
        return {"y": x / 2}

    @tf.function(input_signature=[
        tf.TensorSpec([None], tf.float32, name="amount"),
        tf.TensorSpec([None, 1], tf.int64, name="count"),
        tf.TensorSpec([None], tf.string, name="text"),
    ])
    def rows(self, amount, count, text):
        return {
            "total": amount * tf.cast(count[:, 0], tf.float32),
            "text": tf.strings.upper(text),
            "text_bytes": text,
            "large": amount > 10,
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def length(self, examples):
        return {"length": tf.strings.length(examples)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64, name="i")])
    def checked(self, i):
        with tf.control_dependencies([tf.debugging.assert_less(i, tf.constant(5, tf.int64))]):
            return {"scalar": tf.reduce_sum(i)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64, name="i")])
    def even(self, i):
        with tf.control_dependencies([tf.debugging.assert_less(i, tf.constant(5, tf.int64))]):
            return {"even": i % 2 == 0}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="turns")])
    def slow(self, turns):
        last = tf.reduce_max(turns)
        turned, = tf.while_loop(lambda i: i < last, lambda i: (i + 1,), (tf.constant(0),))
        return {"turned": tf.minimum(turns, turned)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")])
    def classify(self, inputs):
        feature = {"x": tf.io.FixedLenFeature([], tf.float32, 0.0)}
        x = tf.io.parse_example(inputs, feature)["x"]
        scores = tf.stack([x, 1 - x], axis=1)
        return {"scores": scores, "classes": tf.broadcast_to([["yes", "no"]], tf.shape(scores))}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")])
    def regress(self, inputs):
        feature = {"x": tf.io.FixedLenFeature([], tf.float32, 0.0)}
        return {"outputs": 2 * tf.io.parse_example(inputs, feature)["x"]}

    @tf.function(input_signature=[tf.TensorSpec(None, tf.string, name="text")])
    def joined(self, text):
        return {"joined": tf.strings.reduce_join(text)}

    @tf.function(input_signature=[])
    def nothing(self):
        return {"y": tf.constant([1.0])}

model = Model()
tf.saved_model.save(model, sys.argv[1], signatures={
    "serving_default": model.half, "serving_rows": model.rows,
    "length": model.length, "checked": model.checked, "even": model.even, "slow": model.slow,
    "classify": model.classify, "regress": model.regress, "joined": model.joined,
    "nothing": model.nothing,
})
"""
VERSIONED_MODEL = """
import sys
import tensorflow as tf

class Model(tf.Module):
    def __init__(self, version):
        self.version = tf.Variable(version)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="turns")])
    def spin(self, turns):
        last = tf.reduce_max(turns)
        turned, = tf.while_loop(lambda i: i < last, lambda i: (i + 1,), (tf.constant(0),))
        # Always zero; without it the loop would be optimised away.
        return {"version": tf.zeros_like(turns) + self.version + tf.minimum(turned, 0)}

for version in (1, 2, 3):
    model = Model(version)
    tf.saved_model.save(model, f"{sys.argv[1]}/{version}", signatures=model.spin)
"""


@pytest.fixture(scope="session")
def versions(tmp_path_factory):
    """Three versions of a model that answers with its version; `turns` makes it take longer."""
    folder = tmp_path_factory.mktemp("versions")
    command = [sys.executable, "-c", VERSIONED_MODEL, str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def varied_model(tmp_path_factory):
    """Version 7 of a model with a signature for each kind of call."""
    folder = tmp_path_factory.mktemp("models") / "m" / "7"
    command = [sys.executable, "-c", VARIED_MODEL, str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory, varied_model):
    """A server of the varied model."""
    base = varied_model.parent
    (base / "7.json").write_text("{}")
    with ServerProcess("m", base, tmp_path_factory.mktemp("log") / "server.log") as process:
        yield process


@pytest.fixture
def http(server):
    with httpx.Client(base_url=f"http://{server.rest_address}", trust_env=False) as client:
        yield client


@pytest.fixture
def channel(server):
    with grpc.insecure_channel(server.grpc_address) as opened:
        yield opened
