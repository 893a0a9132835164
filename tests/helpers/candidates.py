"""Candidates for InfraValidator, good and bad, and how its executor is run on them."""

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import standard_artifacts

from components.gates import read_verdict
from components.infra_validator.executor import Executor

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
    "server_pod": "",
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


def save_without_its_op(folder):
    """Writes a model with an operation that no server knows, as one of a custom library is."""
    save(Model(), folder)
    path = folder / "model" / "Format-Serving" / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    for graph in model.meta_graphs:
        for function in graph.graph_def.library.function:
            for node in function.node_def:
                node.op = node.op.replace("ParseExampleV2", "ParseOurExample")
    path.write_bytes(model.SerializeToString())


def save_with_another_signature(folder):
    """Writes a model that answers to a name by which nobody calls it."""
    model = Model()
    path = str(folder / "model" / "Format-Serving")
    tf.saved_model.save(model, path, signatures={"predict": model.examples})


# How each is written into a folder. The first is good.
CANDIDATES = {
    "good": lambda folder: save(Model(), folder),
    "missing op": save_without_its_op,
    "wrong signature": save_with_another_signature,
    "NaN": lambda folder: save(Model(factor=float("nan")), folder),
}


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


def execute(folder, *, splits=("train", "eval"), uri_of=str, blessing="blessing", **options):
    """Runs the executor on the artifacts of a folder; returns the blessing's artifact."""
    examples = artifact(standard_artifacts.Examples, folder / "examples")
    examples.splits = list(splits)
    inputs = {
        "model": [artifact(standard_artifacts.Model, uri_of(folder / "model"))],
        "examples": [examples],
        "schema": [artifact(standard_artifacts.Schema, folder / "schema")],
    }
    made = artifact(standard_artifacts.InfraBlessing, uri_of(folder / blessing))
    context = BaseExecutor.Context(tmp_dir=str(folder / "tmp"), unique_id="1")
    Executor(context).Do(inputs, {"blessing": [made]}, {**OPTIONS, **options})
    return made


def rows_of(blessing):
    verdict = read_verdict(blessing.uri)
    return {name: (result, detail) for name, result, detail in verdict.rows}
