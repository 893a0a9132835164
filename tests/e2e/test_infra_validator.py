"""InfraValidator's executor on real models, with the real server and real clients."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import standard_artifacts

from components.gates import read_verdict
from components.infra_validator.errors import InfraValidationError
from components.infra_validator.executor import Executor

ROOT = Path(__file__).parents[2]
SCHEMA = """
feature { name: "fare" type: FLOAT }
feature { name: "company" type: BYTES }
feature { name: "tips" type: FLOAT }
"""
OPTIONS = {
    "model_name": "taxi",
    "num_examples": 6,
    "max_latency_ms": 60_000.0,
    "load_timeout_seconds": 120.0,
    "label": "tips",
    "backend": "process",
}


class Model(tf.Module):
    """Fare times a factor, 0 where the company is unknown."""

    def __init__(self, factor=2.0, needs_label=False, batch=None):
        super().__init__()
        self.factor = tf.Variable(factor)
        self._needs_label, self._batch = needs_label, batch

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def examples(self, examples):
        features = {
            "fare": tf.io.FixedLenFeature([], tf.float32, default_value=float("nan")),
            "company": tf.io.FixedLenFeature([], tf.string, default_value=""),
        }
        if self._needs_label:
            features["tips"] = tf.io.FixedLenFeature([], tf.float32)
        parsed = tf.io.parse_example(examples, features)
        return self._predict(parsed["fare"], parsed["company"])

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.float32, name="fare"),
            tf.TensorSpec([None], tf.string, name="company"),
        ]
    )
    def rows(self, fare, company):
        return self._predict(fare, company)

    def _predict(self, fare, company):
        known = tf.where(tf.math.is_nan(fare), 0.0, fare)
        scores = tf.where(company == "", 0.0, known * self.factor)
        return {"score": scores[: self._batch, None]}


def save(model, folder, rows=True):
    signatures = {"serving_default": model.examples}
    if rows:
        signatures["serving_rows"] = model.rows
    tf.saved_model.save(model, str(folder / "model" / "Format-Serving"), signatures=signatures)


def example(**values):
    return tf.train.Example(
        features=tf.train.Features(
            feature={
                name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
                if isinstance(value, bytes)
                else tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
                for name, value in values.items()
            }
        )
    ).SerializeToString()


def write_data(folder):
    """Writes an eval split, with examples that lack features, and a schema."""
    split = folder / "examples" / "Split-eval"
    split.mkdir(parents=True)
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    with tf.io.TFRecordWriter(str(split / "data-00000-of-00001.gz"), options) as writer:
        for number in range(10):
            writer.write(example(fare=1.5 * number, company=b"Flash \xe9", tips=1.0))
            writer.write(example(fare=9.0, tips=0.0))
            writer.write(example(company=b"Blue", tips=0.0))
    (folder / "schema").mkdir()
    (folder / "schema" / "schema.pbtxt").write_text(SCHEMA)


def artifact(kind, uri):
    made = kind()
    made.uri = str(uri)
    return made


def execute(folder, *, splits=("train", "eval"), uri_of=str, **options):
    """Runs the executor on the artifacts of a folder; returns the blessing's artifact."""
    examples = artifact(standard_artifacts.Examples, folder / "examples")
    examples.splits = list(splits)
    inputs = {
        "model": [artifact(standard_artifacts.Model, uri_of(folder / "model"))],
        "examples": [examples],
        "schema": [artifact(standard_artifacts.Schema, folder / "schema")],
    }
    blessing = artifact(standard_artifacts.InfraBlessing, uri_of(folder / "blessing"))
    context = BaseExecutor.Context(tmp_dir=str(folder / "tmp"), unique_id="1")
    Executor(context).Do(inputs, {"blessing": [blessing]}, {**OPTIONS, **options})
    return blessing


@pytest.fixture
def folder(tmp_path):
    write_data(tmp_path)
    return tmp_path


def rows_of(blessing):
    verdict = read_verdict(blessing.uri)
    return {name: (result, detail) for name, result, detail in verdict.rows}


def assert_not_blessed(blessing):
    assert blessing.get_int_custom_property("blessed") == 0
    assert (Path(blessing.uri) / "INFRA_NOT_BLESSED").exists()
    assert not (Path(blessing.uri) / "INFRA_BLESSED").exists()
    assert not read_verdict(blessing.uri).passed


def test_a_good_model_is_blessed(folder):
    save(Model(), folder)
    blessing = execute(folder)

    verdict = read_verdict(blessing.uri)
    assert verdict.passed, verdict
    assert blessing.get_int_custom_property("blessed") == 1
    assert (Path(blessing.uri) / "INFRA_BLESSED").exists()
    assert (Path(blessing.uri) / "server.log").stat().st_size > 0
    rows = rows_of(blessing)
    assert rows["serving_rows, gRPC: predictions"] == ("ok", "6 each")
    assert rows["REST: version"] == ("ok", "version 1 is AVAILABLE")
    assert not list((folder / "tmp" / "1").iterdir())


def test_a_model_without_rows_is_asked_without_rows(folder):
    save(Model(), folder, rows=False)
    rows = rows_of(execute(folder))
    assert {result for result, _ in rows.values()} == {"ok"}
    assert not [name for name in rows if name.startswith("serving_rows")]


@pytest.mark.parametrize("damage", ["not a SavedModel", "no variables"])
def test_a_model_that_does_not_load_is_a_verdict_with_the_servers_message(folder, damage):
    save(Model(), folder)
    saved_model = folder / "model" / "Format-Serving"
    if damage == "not a SavedModel":
        (saved_model / "saved_model.pb").write_bytes(b"\xff not a graph")
    else:
        (saved_model / "variables" / "variables.index").unlink()

    blessing = execute(folder)

    assert_not_blessed(blessing)
    result, detail = rows_of(blessing)["load"]
    assert result == "failed"
    assert "ended before it served the model" in detail
    assert str(folder / "blessing" / "server.log") in detail
    assert read_verdict(blessing.uri).headline.startswith("taxi did not pass")


def test_a_model_that_returns_nan_is_not_blessed(folder):
    save(Model(factor=float("nan")), folder)
    blessing = execute(folder)
    assert_not_blessed(blessing)
    for where in ("serving_default, REST", "serving_rows, gRPC"):
        result, detail = rows_of(blessing)[f"{where}: finite numbers"]
        assert (result, detail.startswith("NaN or infinity: score has")) == ("failed", True)


def test_a_model_that_loses_examples_is_not_blessed(folder):
    save(Model(batch=1), folder)
    blessing = execute(folder)
    assert_not_blessed(blessing)
    assert rows_of(blessing)["serving_default, REST: predictions"] == (
        "failed",
        "score has 1 for 6 examples",
    )
    assert rows_of(blessing)["serving_default, gRPC: predictions"][0] != "ok"


def test_a_model_that_needs_its_label_is_not_blessed(folder):
    save(Model(needs_label=True), folder)
    blessing = execute(folder)
    assert_not_blessed(blessing)
    result, detail = rows_of(blessing)["serving_default, REST: status"]
    assert result == "failed"
    assert "tips" in detail


def test_a_model_that_takes_its_label_as_a_row_input_is_not_blessed(folder):
    save(Model(), folder)
    blessing = execute(folder, label="fare")
    assert rows_of(blessing)["serving_rows: inputs"] == (
        "failed",
        "not features of a request: fare",
    )
    assert_not_blessed(blessing)


def test_a_model_that_is_too_slow_is_not_blessed(folder):
    save(Model(), folder)
    blessing = execute(folder, max_latency_ms=0.0)
    assert_not_blessed(blessing)
    failed = [name for name, (result, _) in rows_of(blessing).items() if result == "failed"]
    assert failed == ["REST: latency", "gRPC: latency"]


def test_a_model_in_remote_storage_is_fetched(folder):
    """A URI with a scheme goes through TFX's file systems; `file://` stands for a bucket."""
    save(Model(), folder)
    blessing = execute(folder, uri_of=lambda path: f"file://{path}")
    assert blessing.get_int_custom_property("blessed") == 1
    assert (folder / "blessing" / "server.log").stat().st_size > 0


def test_an_eval_split_without_examples_is_an_error_that_names_it(folder):
    save(Model(), folder)
    (folder / "examples" / "Split-eval" / "data-00000-of-00001.gz").unlink()
    with pytest.raises(InfraValidationError, match=r"there are no examples in .*Split-eval"):
        execute(folder)


def test_examples_without_an_eval_split_are_an_error(folder):
    save(Model(), folder)
    with pytest.raises(InfraValidationError, match="no split 'eval'"):
        execute(folder, splits=("train",))


# Runs the real executor, but says when it has got to a place, and stays there for ever.
IN_THE_MIDDLE = f"""
import contextlib, os, signal, sys
sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]
import test_infra_validator as tests
from components.infra_validator import executor
from serving.server.process import ServerProcess

class Terminated(Exception):
    pass

def terminate(number, frame):
    raise Terminated

def stay(*_):
    os.write(1, b"here")
    while True:
        signal.pause()

signal.signal(signal.SIGTERM, terminate)
if sys.argv[2] == "asking":
    executor.open_clients = lambda *_: contextlib.contextmanager(stay)
else:
    ServerProcess._await_ports = stay
tests.execute(tests.Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("place", "number"),
    [
        ("asking", signal.SIGKILL),
        ("asking", signal.SIGTERM),
        ("starting", signal.SIGKILL),
        ("starting", signal.SIGTERM),
    ],
)
def test_no_server_outlives_the_executor(folder, place, number):
    save(Model(), folder)
    node = subprocess.Popen(
        [sys.executable, "-c", IN_THE_MIDDLE, str(folder), place],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with node:
        assert node.stdout.read(len(b"here")) == b"here"
        servers = children(node.pid)
        assert len(servers) == 1
        watch = os.pidfd_open(servers[0])
        try:
            node.send_signal(number)
            ended, _, _ = select.select([watch], [], [], 60)
        finally:
            os.close(watch)
    assert ended, f"server {servers[0]} outlived the executor"


def children(pid):
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]
