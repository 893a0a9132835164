"""What the flags say about a load arrives where TensorFlow and the warm-up are."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from serving.errors import DeadlineExceededError
from serving.server import servable
from serving.server.flags import ServerFlags
from serving.server.loading import Loader
from serving.server.metrics import ServerMetrics

# More than a moment inside TensorFlow, on any machine.
LONG = 200_000


class Spin(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="turns")])
    def spin(self, turns):
        last = tf.reduce_max(turns)
        (turned,) = tf.while_loop(lambda i: i < last, lambda i: (i + 1,), (tf.constant(0),))
        return {"turned": tf.minimum(turns, turned)}


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    """A version folder with a warm-up file of two requests."""
    folder = tmp_path_factory.mktemp("spin") / "1"
    model = Spin()
    tf.saved_model.save(model, str(folder), signatures=model.spin)
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.name = "warmed"
    log.predict_log.request.inputs["turns"].CopyFrom(tf.make_tensor_proto([1]))
    extra = folder / "assets.extra"
    extra.mkdir()
    with tf.io.TFRecordWriter(str(extra / "tf_serving_warmup_requests")) as writer:
        for _ in range(2):
            writer.write(log.SerializeToString())
    return folder


def replays(metrics):
    """How often the model ran for the warm-up."""
    count = '_count{model_name="warmed",API="Predict",runtime="TF1"}'
    lines = [line for line in metrics.page().splitlines() if count in line]
    return sum(int(line.rpartition(" ")[2]) for line in lines)


@pytest.mark.conformance("cli.num_request_iterations_for_warmup")
@pytest.mark.parametrize(
    ("flags", "count"),
    [
        ({}, 2),
        ({"num_request_iterations_for_warmup": 3}, 6),
        ({"num_request_iterations_for_warmup": -1}, 2),
        ({"enable_model_warmup": False, "num_request_iterations_for_warmup": 3}, 0),
    ],
)
def test_each_record_is_replayed_as_often_as_was_asked(version, flags, count):
    metrics = ServerMetrics()
    Loader(ServerFlags(**flags), metrics).load("m", version).close()
    assert replays(metrics) == count


@pytest.mark.conformance("cli.session")
@pytest.mark.parametrize(
    ("flags", "intra", "inter"),
    [
        ({}, 0, 0),
        ({"tensorflow_session_parallelism": 3}, 3, 3),
        ({"tensorflow_intra_op_parallelism": 2}, 2, 0),
        ({"tensorflow_intra_op_parallelism": 2, "tensorflow_inter_op_parallelism": 4}, 2, 4),
    ],
)
def test_the_flags_are_written_over_the_session_config(
    tmp_path, version, monkeypatch, flags, intra, inter
):
    file = tmp_path / "session.config"
    file.write_text(
        "intra_op_parallelism_threads: 7 inter_op_parallelism_threads: 9 allow_soft_placement: true"
    )
    seen = []

    class Watched(servable.ServableModel):
        def __init__(self, path, options):
            seen.append(options.session)
            super().__init__(path, options)

    monkeypatch.setattr(servable, "ServableModel", Watched)
    loader = Loader(ServerFlags(tensorflow_session_config_file=str(file), **flags), ServerMetrics())
    loader.load("m", version).close()
    (session,) = seen
    assert session.allow_soft_placement
    assert session.intra_op_parallelism_threads == intra
    assert session.inter_op_parallelism_threads == inter


@pytest.mark.conformance("cli.session")
def test_the_session_follows_its_config(tmp_path, version):
    file = tmp_path / "session.config"
    file.write_text("operation_timeout_in_ms: 50")
    flags = ServerFlags(tensorflow_session_config_file=str(file), enable_model_warmup=False)
    model = Loader(flags, ServerMetrics()).load("m", version)
    signature = model.signatures["serving_default"]
    with pytest.raises(DeadlineExceededError):
        model.run(signature, {"turns": np.array([LONG], np.int32)})
    model.close()
