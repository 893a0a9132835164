"""Columns as people name them, from the file's header to the key in a request."""

import csv
import json

import numpy as np
import pytest

from serving.client import connect
from serving.server.process import ServerProcess

# One of a space, one that no operation of a graph may have, one of Python's words, one that begins
# with a digit, and two that differ in case only.
COLUMNS = [
    "trip month",
    "pickup time (UTC)/Größe",
    "class",
    "1st stop",
    "Fare",
    "fare",
    "tips, in $",
]
LABEL = COLUMNS[-1]
CASE = {
    "pipeline.yaml": f"""\
data:
  path: trips.csv
  label: "{LABEL}"
transform:
  label: big tips
trainer:
  epochs: 1
evaluator:
  metrics:
    MeanAbsoluteError: {{max: 1000}}
""",
    "preprocessing.py": f"""\
import tensorflow as tf

NUMBERS = {COLUMNS[1:-1]!r}


def preprocessing_fn(inputs):
    features = {{f"scaled {{name}}".replace("/", " per "): inputs[name] for name in NUMBERS}}
    month = tf.sparse.reduce_sum(inputs["trip month"], 1, output_is_sparse=False)
    features["month or 0"] = tf.reshape(month, [-1, 1])
    return features | {{"big tips": inputs["{LABEL}"]}}
""",
    "model.py": f"""\
import keras
import tensorflow_transform as tft

from components.trainer import keras_toolkit


def run_fn(fn_args):
    keras_toolkit.set_seed(fn_args)
    transformed = tft.TFTransformOutput(fn_args.transform_graph_path)
    train, evaluation = keras_toolkit.train_and_eval(fn_args, transformed)
    names = set(transformed.transformed_feature_spec()) - {{"big tips"}}
    inputs = {{name: keras.Input((1,), name=name) for name in sorted(names)}}
    joined = keras.layers.Concatenate()(list(inputs.values()))
    model = keras.Model(inputs, keras.layers.Dense(1)(joined))
    model.compile("adam", loss="mae")
    keras_toolkit.fit(model, train, evaluation, fn_args)
    keras_toolkit.export_model(
        model,
        transformed,
        fn_args.serving_model_dir,
        label="big tips",
        raw_label="{LABEL}",
        task=keras_toolkit.Task.REGRESSION,
    )
""",
}


def rows():
    """Returns rows of numbers; every seventh has no month."""
    values = np.random.default_rng(1).uniform(0, 9, (300, len(COLUMNS))).round(3)
    values[::7, 0] = np.nan
    return [dict(zip(COLUMNS, row, strict=True)) for row in values.tolist()]


@pytest.fixture
def trips(tmp_path):
    folder = tmp_path / "trips"
    folder.mkdir()
    for name, text in CASE.items():
        (folder / name).write_text(text)
    with (folder / "trips.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({k: "" if np.isnan(v) else v for k, v in row.items()} for row in rows())
    return folder


def example(row):
    import tensorflow as tf

    features = {
        name: tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
        for name, value in row.items()
        if not np.isnan(value)
    }
    return tf.train.Example(features=tf.train.Features(feature=features))


def test_a_column_may_have_any_name(tidemill, command, trips, tmp_path):
    its = tidemill(tmp_path / "home")
    done = its.run(trips)
    assert done.status == 0, done.stdout + done.stderr

    asked = [{name: row[name] for name in COLUMNS[:-1]} for row in rows()[:5]]
    log = its.home / "server.log"
    with ServerProcess("trips", its.home / "models" / "trips", log) as server:
        with connect(server.rest_address, "trips") as rest:
            signature = rest.metadata().signature("serving_rows")
            by_rows = rest.predict(asked)["predictions"]
        with connect(server.grpc_address, "trips", "grpc") as grpc:
            by_rows_over_grpc = grpc.predict(asked)["predictions"]
            by_examples = grpc.predict_examples([example(row) for row in asked])["predictions"]
        told = command(
            *("predict", "trips", "--input", trips / "trips.csv", "--server", server.rest_address)
        )

    assert set(signature.inputs) == set(COLUMNS[:-1])
    assert told.status == 0, told.stderr
    lines = [json.loads(line)["predictions"] for line in told.stdout.splitlines()]
    assert len(lines) == 300
    assert np.ptp(by_examples) > 0
    np.testing.assert_allclose(by_rows, by_examples, rtol=1e-5)
    np.testing.assert_allclose(by_rows_over_grpc, by_examples, rtol=1e-5)
    np.testing.assert_allclose(lines[:5], by_examples, rtol=1e-5)
