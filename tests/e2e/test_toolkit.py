"""The taxi use case's own code on real trips: transformed, searched, trained, exported, asked."""

import csv
import itertools
import json
from pathlib import Path

import apache_beam as beam
import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tfx
from google.protobuf import text_format
from taxi import model, preprocessing
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform import beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, metadata_io
from tfx.components.trainer.fn_args_utils import FnArgs
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder
from tfx_bsl.tfxio.tf_example_record import TFExampleRecord

from components.transform.optional_features import without_missing_values

TRIPS = Path(tfx.__file__).parent / "components/testdata/external/csv/data.csv"
SCHEMA = Path(__file__).parents[2] / "schemas/taxi.pbtxt"
ROWS = {"train": 1200, "eval": 300}
RUNNER = "apache_beam.runners.portability.fn_api_runner.FnApiRunner"
MISSING = {"BYTES": "", "FLOAT": float("nan")}


def read_schema():
    return text_format.Parse(SCHEMA.read_text(), schema_pb2.Schema())


def typed(text, feature):
    """Returns the value of one cell, or the value that stands for a missing one."""
    kind = schema_pb2.FeatureType.Name(feature.type)
    if not text:
        return MISSING[kind]
    return {"BYTES": str, "FLOAT": float, "INT": int}[kind](text)


def to_example(trip, schema):
    example = tf.train.Example()
    for feature in schema.feature:
        if not trip[feature.name]:
            continue
        value = typed(trip[feature.name], feature)
        values = example.features.feature[feature.name]
        if isinstance(value, str):
            values.bytes_list.value.append(value.encode())
        elif isinstance(value, float):
            values.float_list.value.append(value)
        else:
            values.int64_list.value.append(value)
    return example.SerializeToString()


@pytest.fixture(scope="module")
def trips():
    with TRIPS.open(newline="") as file:
        return list(itertools.islice(csv.DictReader(file), sum(ROWS.values())))


def write_examples(trips, folder):
    """Writes the raw splits and returns their files."""
    schema = read_schema()
    files, begin = {}, 0
    for split, rows in ROWS.items():
        files[split] = str(folder / f"{split}.gz")
        with tf.io.TFRecordWriter(files[split], "GZIP") as writer:
            for trip in trips[begin : begin + rows]:
                writer.write(to_example(trip, schema))
        begin += rows
    return files


def transform(files, folder):
    """Analyzes the train split, and writes the graph and both transformed splits."""
    schema = read_schema()
    graph = folder / "graph"
    metadata_io.write_metadata(
        dataset_metadata.DatasetMetadata(schema),
        str(graph / tft.TFTransformOutput.RAW_METADATA_DIR),
    )
    with beam.Pipeline(RUNNER) as pipeline, tft_beam.Context(temp_dir=str(folder / "temp")):
        sources = {
            split: TFExampleRecord(file, schema=schema, telemetry_descriptors=["test"])
            for split, file in files.items()
        }
        config = sources["train"].TensorAdapterConfig()
        raw = {s: pipeline | s >> source.BeamSource() for s, source in sources.items()}
        function = (raw["train"], config) | tft_beam.AnalyzeDataset(
            without_missing_values(preprocessing.preprocessing_fn)
        )
        function | tft_beam.WriteTransformFn(str(graph))
        for split in ROWS:
            batches, metadata = ((raw[split], config), function) | (
                f"Transform {split}" >> tft_beam.TransformDataset(output_record_batches=True)
            )
            encoder = RecordBatchToExamplesEncoder(metadata.schema)
            (
                batches
                | f"Encode {split}"
                >> beam.FlatMapTuple(lambda batch, _, encoder=encoder: encoder.encode(batch))
                | f"Write {split}"
                >> beam.io.WriteToTFRecord(
                    str(folder / "transformed" / split / "part"), file_name_suffix=".gz"
                )
            )
    return str(graph)


@pytest.fixture(scope="module")
def fn_args(trips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("taxi")
    graph = transform(write_examples(trips, folder), folder)
    training = {
        "label": "big_tip",
        "raw_label": "tips",
        "epochs": 4,
        "batch_size": 64,
        "patience": 2,
        "seed": 42,
        "parameters": {},
    }
    search = {
        "trials": 2,
        "objective": "val_auc",
        "direction": "max",
        "time_budget_seconds": 60,
        "epochs": 1,
    }
    return FnArgs(
        working_dir=str(folder / "work"),
        train_files=[str(folder / "transformed/train/*")],
        eval_files=[str(folder / "transformed/eval/*")],
        transform_graph_path=graph,
        serving_model_dir=str(folder / "model"),
        model_run_dir=str(folder / "run"),
        custom_config={"training": training, "tuner": search},
    )


@pytest.fixture(scope="module")
def signatures(fn_args):
    found = model.tuner_fn(fn_args)
    found.tuner.search(**found.fit_kwargs)
    best = found.tuner.get_best_hyperparameters()[0]
    fn_args.hyperparameters = json.loads(json.dumps(best.get_config()))
    model.run_fn(fn_args)
    return tf.saved_model.load(fn_args.serving_model_dir).signatures


@pytest.fixture(scope="module")
def requests(trips):
    return trips[ROWS["train"] :]


@pytest.fixture(scope="module")
def examples(requests):
    schema = read_schema()
    return tf.constant([to_example(trip, schema) for trip in requests])


def probabilities(answer):
    return answer["probabilities"].numpy()


def test_the_model_tells_big_tips_from_small_ones(signatures, examples):
    labels = signatures["transform_features"](examples=examples)["big_tip"]
    auc = keras.metrics.AUC()
    auc.update_state(labels, probabilities(signatures["serving_default"](examples=examples)))
    assert auc.result() > 0.75


def test_serving_transforms_as_transform_did(signatures, examples, fn_args):
    served = signatures["transform_features"](examples=examples)
    spec = tft.TFTransformOutput(fn_args.transform_graph_path).transformed_feature_spec()
    files = tf.io.gfile.glob(fn_args.eval_files)
    records = list(tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator())
    stored = tf.io.parse_example(records, spec)
    assert set(served) == set(stored)

    def as_sorted_rows(features):
        columns = np.hstack([features[name].numpy().astype("float32") for name in sorted(spec)])
        return columns[np.lexsort(np.round(columns, 3).T)]

    np.testing.assert_allclose(as_sorted_rows(served), as_sorted_rows(stored), atol=1e-5)


def test_rows_get_the_same_answer_as_examples(signatures, requests, examples):
    features = {feature.name: feature for feature in read_schema().feature}
    sent = signatures["serving_rows"].structured_input_signature[1]
    rows = {
        name: tf.constant([typed(trip[name], features[name]) for trip in requests], spec.dtype)
        for name, spec in sent.items()
    }
    assert "tips" not in rows
    assert any(not trip["company"] for trip in requests)
    np.testing.assert_allclose(
        probabilities(signatures["serving_rows"](**rows)),
        probabilities(signatures["serving_default"](examples=examples)),
        rtol=1e-5,
    )


def test_the_training_left_a_log_for_tensorboard(signatures, fn_args):
    assert signatures
    assert list(Path(fn_args.model_run_dir).rglob("events.out.tfevents.*"))
