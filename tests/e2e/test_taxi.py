"""The taxi example with everything on: trips in, a validated model out, asked in every way."""

import csv
import json
import urllib.request
from pathlib import Path

import grpc
import pytest

from serving.server.process import ServerProcess

ROOT = Path(__file__).resolve().parents[2]
TAXI = ROOT / "examples" / "taxi"
TRIPS = TAXI / "trips.json"
NODES = [
    "Evaluator",
    "ExampleGen",
    "ExampleValidator",
    "InfraValidator",
    "LatestPushedModel",
    "Pusher",
    "SchemaGen",
    "StatisticsGen",
    "Trainer",
    "Transform",
    "Tuner",
]
MANY = 20


@pytest.fixture(scope="module")
def rerun(taxi):
    """The same again, before anything else is pushed."""
    return taxi.tidemill.run(TAXI)


@pytest.fixture(scope="module")
def retrained(taxi, rerun):
    """A second model: without the search, from another seed."""
    assert rerun.status == 0, rerun.stderr
    done = taxi.tidemill.run(TAXI, "tuner.enabled=false", "trainer.seed=7")
    assert done.status == 0, done.stdout + done.stderr
    return done.record


@pytest.fixture(scope="module")
def server(taxi, retrained, tmp_path_factory):
    """Serves the newer of the two versions."""
    assert retrained["pushed_version"] != taxi.record["pushed_version"]
    log = tmp_path_factory.mktemp("log") / "server.log"
    with ServerProcess("taxi", taxi.tidemill.home / "models" / "taxi", log) as process:
        yield process


@pytest.fixture(scope="module")
def trips():
    """Trips as a person types them, and many real ones, as rows of `serving_rows`."""
    typed = json.loads(TRIPS.read_text())
    return [*typed, *(_row(trip, typed[0]) for trip in _real_trips() if _is_complete(trip, typed))]


@pytest.fixture
def stub(server):
    from tensorflow_serving.apis import prediction_service_pb2_grpc

    with grpc.insecure_channel(server.grpc_address) as channel:
        yield prediction_service_pb2_grpc.PredictionServiceStub(channel)


def _data_file():
    import tfx

    return Path(tfx.__file__).parent / "components/testdata/external/csv/data.csv"


def _real_trips():
    with _data_file().open(newline="") as file:
        return [trip for trip, _ in zip(csv.DictReader(file), range(200), strict=False)]


def _is_complete(trip, typed):
    return all(trip[name] for name in typed[0] if name != "company")


def _row(trip, like):
    return {name: type(value)(trip[name]) for name, value in like.items()}


def post(server, path, body):
    address = f"http://{server.rest_address}/v1/models/taxi{path}"
    request = urllib.request.Request(address, json.dumps(body).encode())
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
        return json.load(answer)


def rest_predictions(server, trips):
    answer = post(server, ":predict", {"signature_name": "serving_rows", "instances": trips})
    return [row[0] if isinstance(row, list) else row for row in answer["predictions"]]


def to_example(trip):
    """Returns a trip as ExampleGen writes it: without the features that have no text."""
    import tensorflow as tf

    example = tf.train.Example()
    for name, value in trip.items():
        if value == "":
            continue
        values = example.features.feature[name]
        if isinstance(value, str):
            values.bytes_list.value.append(value.encode())
        elif isinstance(value, float):
            values.float_list.value.append(value)
        else:
            values.int64_list.value.append(value)
    return example


def test_every_node_is_executed_and_one_version_is_pushed(taxi):
    nodes = taxi.record["nodes"]

    assert sorted(nodes) == NODES
    assert {its["state"] for its in nodes.values()} == {"done"}
    assert taxi.record["outcome"] == "succeeded"
    assert nodes["ExampleGen"]["rows"] == 10_000
    assert all(nodes[gate]["verdict"]["passed"] for gate in ("ExampleValidator", "InfraValidator"))


def test_the_version_says_where_it_comes_from(taxi):
    version = taxi.record["pushed_version"]
    store = taxi.tidemill.home / "models" / "taxi"
    origin = json.loads((store / f"{version}.json").read_text())

    assert version.isdecimal()
    assert (store / version / "saved_model.pb").is_file()
    assert origin["version"] == int(version)
    assert origin["run_id"] == taxi.record["run_id"]
    assert origin["metrics"]["example_count"] == taxi.record["nodes"]["Evaluator"]["rows"]
    assert origin["metrics"]["auc"] > 0.9
    assert Path(origin["model_uri"]).is_dir()


def test_an_unchanged_rerun_is_answered_from_the_cache(taxi, rerun):
    version = taxi.record["pushed_version"]

    assert rerun.status == 0, rerun.stderr
    assert [node for node, state in rerun.states.items() if state != "cached"] == [
        "LatestPushedModel",
        "Pusher",
    ]
    assert rerun.record["pushed_version"] == version
    assert not (taxi.tidemill.logs(rerun.record["run_id"]) / "worker.log").exists()


def test_the_candidate_is_never_its_own_baseline(taxi, rerun):
    first = taxi.record["nodes"]["Evaluator"]["verdict"]

    assert "no baseline" in first["headline"]
    assert rerun.record["nodes"]["Evaluator"]["verdict"] == first


def test_a_second_model_is_a_higher_version_compared_with_the_first(taxi, retrained):
    its = taxi.tidemill
    old, new = taxi.record["pushed_version"], retrained["pushed_version"]
    origin = json.loads((its.home / "models" / "taxi" / f"{old}.json").read_text())
    evaluator = retrained["nodes"]["Evaluator"]

    assert int(new) > int(old)
    assert its.models("taxi") == [old, f"{old}.json", new, f"{new}.json"]
    assert "compared with the latest pushed model" in evaluator["verdict"]["headline"]
    assert its.inputs(evaluator["execution_id"], "baseline_model") == [origin["model_artifact_id"]]


def test_rest_and_grpc_give_equal_numbers_for_rows(server, stub, retrained, trips):
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "taxi"
    request.model_spec.signature_name = "serving_rows"
    for name in trips[0]:
        column = [trip[name] for trip in trips]
        kind = {str: tf.string, float: tf.float32, int: tf.int64}[type(column[0])]
        request.inputs[name].CopyFrom(tf.make_tensor_proto(column, kind))
    answer = stub.Predict(request, timeout=30)
    (output,) = answer.outputs.values()

    assert len(trips) > MANY
    assert answer.model_spec.version.value == int(retrained["pushed_version"])
    assert rest_predictions(server, trips) == pytest.approx(
        tf.make_ndarray(output).ravel().tolist(), abs=1e-6
    )


def test_serialized_examples_give_the_numbers_of_rows(server, stub, trips):
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "taxi"
    examples = [to_example(trip).SerializeToString() for trip in trips]
    request.inputs["examples"].CopyFrom(tf.make_tensor_proto(examples))
    (output,) = stub.Predict(request, timeout=30).outputs.values()

    assert tf.make_ndarray(output).ravel().tolist() == pytest.approx(
        rest_predictions(server, trips), abs=1e-6
    )


def test_a_cash_trip_is_not_expected_to_be_tipped(server, trips):
    """The data's plainest truth: tips are recorded for cards alone."""
    by_card, by_cash = rest_predictions(server, [trips[0], trips[0] | {"payment_type": "Cash"}])

    assert by_cash < 0.1 < by_card


def test_the_classify_signature_names_the_classes(stub, server, trips):
    from tensorflow_serving.apis import get_model_metadata_pb2

    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "taxi"
    answer = stub.GetModelMetadata(request, timeout=30)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    answer.metadata["signature_def"].Unpack(signatures)
    classify = signatures.signature_def["classify"]

    assert classify.method_name == "tensorflow/serving/classify"
    assert set(classify.inputs) == {"inputs"}
    assert set(classify.outputs) == {"classes", "scores"}
    _assert_classes(server, trips)


def _assert_classes(server, trips):
    import base64

    encoded = [base64.b64encode(to_example(trip).SerializeToString()).decode() for trip in trips]
    body = {"signature_name": "classify", "instances": [{"b64": text} for text in encoded]}
    answers = post(server, ":predict", body)["predictions"]
    assert [answer["classes"] for answer in answers] == [["small_tip", "big_tip"]] * len(trips)
    scores = [answer["scores"][1] for answer in answers]
    assert scores == pytest.approx(rest_predictions(server, trips), abs=1e-6)


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_tidemill_predict_asks_about_a_file(command, server, trips, protocol):
    address = {"rest": server.rest_address, "grpc": server.grpc_address}[protocol]
    done = command("predict", "taxi", "--input", TRIPS, f"--{protocol}", "--server", address)
    answers = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.status == 0, done.stderr
    numbers = [value for answer in answers for value in _flat(list(answer.values()))]
    assert numbers == pytest.approx(rest_predictions(server, trips[:2]), abs=1e-6)


def _flat(value):
    return [x for item in value for x in _flat(item)] if isinstance(value, list) else [value]


def test_tidemill_predict_reads_the_csv_that_the_model_was_trained_on(
    command, server, tmp_path_factory
):
    rows = tmp_path_factory.mktemp("rows") / "trips.csv"
    with _data_file().open() as source, rows.open("w") as target:
        target.writelines(line for line, _ in zip(source, range(MANY + 1), strict=False))
    done = command("predict", "taxi", "--input", rows, "--server", server.rest_address)

    assert done.status == 0, done.stderr
    assert len(done.stdout.splitlines()) == MANY


def test_status_lists_the_runs(taxi, retrained):
    runs = taxi.tidemill.status()
    text = taxi.tidemill("status")

    assert [run["outcome"] for run in runs] == ["succeeded"] * 3
    assert [run["pushed_version"] for run in runs] == [
        taxi.record["pushed_version"],
        taxi.record["pushed_version"],
        retrained["pushed_version"],
    ]
    assert text.status == 0
    assert retrained["pushed_version"] in text.stdout


def test_logs_shows_what_a_node_wrote(taxi):
    shown = taxi.tidemill("logs", "Trainer", "--run", taxi.record["run_id"])
    log = taxi.tidemill.logs(taxi.record["run_id"]) / "Trainer.log"

    assert shown.status == 0
    assert "val_loss" in shown.stdout
    assert shown.stdout == log.read_text()


def test_the_search_tried_every_trial(taxi):
    shown = taxi.tidemill("logs", "Tuner", "--run", taxi.record["run_id"])

    assert shown.stdout.count("Trial ") >= 3
