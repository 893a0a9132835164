"""No skew: a served model answers every row of the eval split as the pipeline does.

One side is what the pipeline computed: the features that Transform wrote, through the trained
layers. The other is the running server, which gets the raw rows. Among the rows are trips without
some or all optional values, be they left out or be there what stands for a missing one, and trips
with values that training never saw.
"""

import base64
import csv
import itertools
import json
import math
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from serving.server.process import ServerProcess

ROOT = Path(__file__).resolve().parents[2]
TAXI = ROOT / "examples" / "taxi"
SCHEMA = ROOT / "schemas" / "taxi.pbtxt"
AGREEMENT = 1e-5
REAL_TRIPS, EACH_CASE = 600, 9
UNSEEN = 'Zeppelin & Söhne, "Ltd"\nNo. 7'
# Optional features of all types: the value that stands for a missing one.
OPTIONAL = {"company": "", "dropoff_community_area": math.nan, "trip_seconds": -(2**63)}
# What a trip is changed to; every case is there often enough that some go to the eval split.
CASES = (
    *({name: None} for name in OPTIONAL),
    *({name: missing} for name, missing in OPTIONAL.items()),
    dict.fromkeys(OPTIONAL),
    OPTIONAL,
    {"company": UNSEEN},
    {"company": " "},
    {"pickup_community_area": 77, "dropoff_community_area": 1.0},
    {"fare": 10000.0, "trip_miles": 3000.0, "trip_seconds": 86400},
    {"fare": 0.0, "trip_miles": 0.0, "trip_seconds": 0},
)
SETTINGS = (
    "data.format=parquet",
    "tuner.enabled=false",
    "trainer.epochs=2",
    "infra_validator.enabled=false",
    "evaluator.slices=[]",
    "evaluator.metrics={MeanPrediction: {min: 0}}",
)


def curated_schema():
    """Returns the taxi schema with whole seconds, so that each type has an optional feature."""
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2

    schema = text_format.Parse(SCHEMA.read_text(), schema_pb2.Schema())
    for feature in schema.feature:
        if feature.name == "trip_seconds":
            feature.type = schema_pb2.FeatureType.INT
        if feature.name in OPTIONAL:  # any value may stand there
            feature.ClearField("domain_info")
    return schema


def write_trips(path, schema):
    import pyarrow as pa
    import tfx
    from pyarrow import parquet

    source = Path(tfx.__file__).parent / "components/testdata/external/csv/data.csv"
    with source.open(newline="") as file:
        cells = list(itertools.islice(csv.DictReader(file), REAL_TRIPS))
    types = {feature.name: TYPES[feature.type] for feature in schema.feature}
    trips = [{n: kind(row[n]) if row[n] else None for n, kind in types.items()} for row in cells]
    changes = [change for change in CASES for _ in range(EACH_CASE)]
    changed = [{**trip, **change} for trip, change in zip(trips, changes, strict=False)]
    parquet.write_table(pa.Table.from_pylist([*trips, *changed]), path)


def whole(cell):
    return int(float(cell))


TYPES = {1: str, 2: whole, 3: float}  # of schema_pb2.FeatureType


class Pipeline:
    """A run of the taxi pipeline on such trips, and what it left behind."""

    def __init__(self, tidemill, folder):
        from google.protobuf import text_format

        schema = curated_schema()
        (folder / "taxi.pbtxt").write_text(text_format.MessageToString(schema))
        write_trips(folder / "trips.parquet", schema)
        self.tidemill = tidemill(folder / "home")
        places = f"data.path={folder / 'trips.parquet'}", f"schema.file={folder / 'taxi.pbtxt'}"
        done = self.tidemill.run(TAXI, *places, *SETTINGS)
        assert done.status == 0, done.stdout + done.stderr
        self.verdict = done.record["nodes"]["Evaluator"]["verdict"]

    def folder(self, output):
        (found,) = (self.tidemill.home / "artifacts" / "taxi").glob(f"{output}/*")
        return found

    def records(self, output):
        import tensorflow as tf

        files = sorted(map(str, self.folder(output).glob("Split-eval/*")))
        return list(tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator())

    def transformed(self):
        """Returns the features that Transform wrote, name -> [rows, 1]."""
        import tensorflow as tf
        import tensorflow_transform as tft

        graph = tft.TFTransformOutput(str(self.folder("Transform/transform_graph")))
        spec = graph.transformed_feature_spec()
        parsed = tf.io.parse_example(self.records("Transform/transformed_examples"), spec)
        return {name: values.numpy() for name, values in parsed.items()}

    def predictions(self, features):
        """Returns the trained layers' probabilities for transformed features."""
        import keras_tuner
        import tensorflow as tf
        import tensorflow_transform as tft
        from taxi import model

        graph = tft.TFTransformOutput(str(self.folder("Transform/transform_graph")))
        layers = model.build_model(keras_tuner.HyperParameters(), graph)
        exported = tf.saved_model.load(str(self.folder("Trainer/model") / "Format-Serving"))
        weights = exported.signatures["serving_default"].variables
        layers.set_weights([variable.numpy() for variable in weights])
        inputs = {name: values for name, values in features.items() if name != "big_tip"}
        return layers.predict(inputs, verbose=0).ravel()


@pytest.fixture(scope="module")
def pipeline(tidemill, tmp_path_factory):
    return Pipeline(tidemill, tmp_path_factory.mktemp("skew"))


@pytest.fixture(scope="module")
def server(pipeline, tmp_path_factory):
    store = pipeline.tidemill.home / "models" / "taxi"
    with ServerProcess("taxi", store, tmp_path_factory.mktemp("log") / "server.log") as process:
        yield process


@pytest.fixture(scope="module")
def raw(pipeline):
    """The eval split as ExampleGen wrote it: serialized tf.Examples."""
    return pipeline.records("ExampleGen/examples")


@pytest.fixture(scope="module")
def expected(pipeline, server, raw):
    """What the pipeline says of each raw row, in their order."""
    features = pipeline.transformed()
    predictions = pipeline.predictions(features)
    names = sorted(features)
    served = rest(server, "transform_features", as_examples(raw))
    rows = np.hstack([np.reshape([row[name] for row in served], (-1, 1)) for name in names])
    stored = np.hstack([features[name].astype("float64") for name in names])
    return predictions[match(rows, stored)]


def match(rows, stored):
    """Returns for each row the index of the stored row that has the same values, each once."""
    assert rows.shape == stored.shape
    left = list(range(len(stored)))
    order = []
    for row in rows:
        distances = np.abs(stored[left] - row).max(axis=1)
        assert distances.min() <= AGREEMENT, f"Transform wrote no such row: {row}"
        order.append(left.pop(int(distances.argmin())))
    return order


def features_of(example):
    import tensorflow as tf

    features = tf.train.Example.FromString(example).features.feature
    values = {name: its.WhichOneof("kind") for name, its in features.items()}
    return {name: list(getattr(features[name], k).value) if k else [] for name, k in values.items()}


def inputs(server):
    """Returns the signature's inputs by name: TensorFlow's name of the type."""
    import tensorflow as tf
    from tensorflow_serving.apis import get_model_metadata_pb2

    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "taxi"
    with stub(server) as ask:
        answer = ask.GetModelMetadata(request, timeout=30)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    answer.metadata["signature_def"].Unpack(signatures)
    found = signatures.signature_def["serving_rows"].inputs
    return {name: tf.dtypes.as_dtype(info.dtype).name for name, info in found.items()}


def as_rows(raw, kinds):
    """Returns the rows that a person would send."""
    rows = []
    for example in raw:
        features = features_of(example)
        row = {name: (features.get(name) or [OPTIONAL[name]])[0] for name in kinds}
        rows.append({n: v.decode() if isinstance(v, bytes) else v for n, v in row.items()})
    return rows


def as_examples(raw):
    return [{"b64": base64.b64encode(example).decode()} for example in raw]


def rest(server, signature, instances):
    address = f"http://{server.rest_address}/v1/models/taxi:predict"
    body = json.dumps({"signature_name": signature, "instances": instances}).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body)) as answer:
            return json.load(answer)["predictions"]
    except urllib.error.HTTPError as error:
        pytest.fail(error.read().decode())


class stub:  # noqa: N801  used as a function
    """The official gRPC stub, for a `with` block."""

    def __init__(self, server):
        import grpc

        self._channel = grpc.insecure_channel(server.grpc_address)

    def __enter__(self):
        from tensorflow_serving.apis import prediction_service_pb2_grpc

        return prediction_service_pb2_grpc.PredictionServiceStub(self._channel)

    def __exit__(self, *_):
        self._channel.close()


def grpc_predict(server, signature, columns):
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "taxi"
    request.model_spec.signature_name = signature
    for name, (values, kind) in columns.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(values, kind))
    with stub(server) as ask:
        (output,) = ask.Predict(request, timeout=60).outputs.values()
    return tf.make_ndarray(output).ravel()


def is_missing(values):
    return repr(values) in ("[b'']", "[nan]", f"[{-(2**63)}]")


def test_the_eval_split_has_missing_unseen_and_empty_values(pipeline, raw):
    import tensorflow_transform as tft

    rows = [features_of(example) for example in raw]
    graph = tft.TFTransformOutput(str(pipeline.folder("Transform/transform_graph")))
    words = set(graph.vocabulary_by_name("company"))

    assert UNSEEN.encode() not in words
    assert any(row["company"] == [UNSEEN.encode()] for row in rows)
    assert any(row["company"] == [b" "] for row in rows)
    assert any(not any(row[name] for name in OPTIONAL) for row in rows)
    for name in OPTIONAL:
        held = [row[name] for row in rows]
        assert [] in held
        assert any(is_missing(values) for values in held)
        assert any(values and not is_missing(values) for values in held)


def test_each_type_has_an_optional_feature(server):
    kinds = inputs(server)

    assert {kinds[name] for name in OPTIONAL} == {"string", "float32", "int64"}


def test_examples_over_rest(server, raw, expected):
    answers = np.ravel(rest(server, "serving_default", as_examples(raw)))

    assert len(expected) == len(raw) > REAL_TRIPS / 4
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(answers, expected, rtol=0, atol=AGREEMENT)


def test_rows_over_rest(server, raw, expected):
    answers = np.ravel(rest(server, "serving_rows", as_rows(raw, inputs(server))))

    np.testing.assert_allclose(answers, expected, rtol=0, atol=AGREEMENT)


def test_examples_over_grpc(server, raw, expected):
    answers = grpc_predict(server, "serving_default", {"examples": (raw, "string")})

    np.testing.assert_allclose(answers, expected, rtol=0, atol=AGREEMENT)


def test_rows_over_grpc(server, raw, expected):
    kinds = inputs(server)
    rows = as_rows(raw, kinds)
    columns = {name: ([row[name] for row in rows], kind) for name, kind in kinds.items()}
    answers = grpc_predict(server, "serving_rows", columns)

    np.testing.assert_allclose(answers, expected, rtol=0, atol=AGREEMENT)


def test_one_row_at_a_time_is_answered_as_in_a_batch(server, raw, expected):
    rows = as_rows(raw, inputs(server))
    few = range(0, len(rows), len(rows) // 20)
    answers = np.ravel([rest(server, "serving_rows", [rows[index]]) for index in few])

    np.testing.assert_allclose(answers, expected[list(few)], rtol=0, atol=AGREEMENT)


def test_the_evaluation_saw_the_same_predictions(pipeline, expected):
    (mean,) = [row[2] for row in pipeline.verdict["rows"] if row[1] == "mean_prediction"]

    assert float(mean) == pytest.approx(np.mean(expected), rel=1e-3)
