"""Models for TensorFlow Lite, converted here, on real servers that prefer them."""

import base64
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import pytest
import tflite_models
from prometheus_client.parser import text_string_to_metric_families
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_log_pb2,
    prediction_service_pb2_grpc,
)

from serving.server.process import ServerProcess
from serving.tfrecords import framed

PATIENCE_S = 60
FLOAT, STRING, INT64, BOOL = 1, 7, 9, 10


@pytest.fixture(scope="session")
def lite_models():
    """Models as TensorFlow's converter makes them, with signatures as they are to be stored."""
    import tensorflow as tf

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 2], tf.float32, "x"),
            tf.TensorSpec([None], tf.int64, "i"),
        ]
    )
    def numbers(x, i):
        return {"large": i > 9, "next": i + 1, "sum": tf.reduce_sum(x, axis=1)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "s")])
    def texts(s):
        rows = tf.shape(s)[0]
        return {"one": tf.fill([rows], 2.0), "scores": tf.fill([rows, 2], 0.5), "text": s[:, None]}

    numbers, texts = tflite_models.converted(numbers, texts)
    outputs = [f"PartitionedCall:{number}" for number in range(3)]
    predict = tflite_models.signature(
        "predict",
        {"x": ("serving_default_x:0", FLOAT), "i": ("serving_default_i:0", INT64)},
        {"large": (outputs[0], BOOL), "next": (outputs[1], INT64), "sum": (outputs[2], FLOAT)},
    )
    text = {"inputs": ("serving_default_s:0", STRING)}
    signatures = {
        "serving_default": tflite_models.signature(
            "predict", text, {"t_bytes": (outputs[2], STRING)}
        ),
        "classify": tflite_models.signature("classify", text, {"scores": (outputs[1], FLOAT)}),
        "regress": tflite_models.signature("regress", text, {"outputs": (outputs[0], FLOAT)}),
    }
    return {
        "numbers": tflite_models.with_signatures(numbers, {"serving_default": predict}),
        "unsigned": numbers,
        "texts": tflite_models.with_signatures(texts, signatures),
    }


@pytest.fixture(
    scope="module",
    params=[
        ["--num_tflite_pools=2"],
        ["--num_tflite_pools=1", "--num_tflite_interpreters_per_pool=4", "--enable_batching"],
    ],
    ids=["one by one", "in batches"],
)
def server(request, tmp_path_factory, lite_models, varied_model):
    folder = tmp_path_factory.mktemp("lite")
    for name, content in lite_models.items():
        version = folder / name / "3"
        version.mkdir(parents=True)
        (version / "model.tflite").write_bytes(content)
    shutil.copytree(varied_model, folder / "unsigned" / "3", dirs_exist_ok=True)
    shutil.copytree(varied_model, folder / "plain" / "3")
    bring_along(folder / "numbers" / "3")
    config = folder / "models.config"
    entries = "".join(
        f'config {{ name: "{name}" base_path: "{folder / name}" model_platform: "tensorflow" }}\n'
        for name in (*lite_models, "plain")
    )
    config.write_text(f"model_config_list {{ {entries} }}")
    monitoring = folder / "monitoring.config"
    monitoring.write_text('prometheus_config { enable: true path: "/metrics" }')
    flags = [
        "--prefer_tflite_model",
        f"--model_config_file={config}",
        f"--monitoring_config_file={monitoring}",
        *request.param,
    ]
    with ServerProcess("m", folder / "none", folder / "server.log", flags=flags) as process:
        yield process


@pytest.fixture
def http(server):
    address = f"http://{server.rest_address}"
    with httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE_S) as client:
        yield client


def bring_along(version):
    """Writes a warm-up request and a key of ML Metadata into a version folder."""
    extra = version / "assets.extra"
    extra.mkdir()
    (extra / "mlmd_uuid").write_text("0a1b-uuid")
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.CopyFrom(numbers_request([[1.0, 2.0]], [3]))
    (extra / "tf_serving_warmup_requests").write_bytes(framed([log.SerializeToString()]))


def numbers_request(x, i):
    from tensorflow import make_tensor_proto

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "numbers"
    request.inputs["x"].CopyFrom(make_tensor_proto(x, dtype="float32"))
    request.inputs["i"].CopyFrom(make_tensor_proto(i, dtype="int64"))
    return request


def rows(*values):
    return {"instances": [{"x": [value, 0.5], "i": int(value)} for value in values]}


def answers(*values):
    return [{"large": v > 9, "next": int(v) + 1, "sum": v + 0.5} for v in values]


def post(http, path, document):
    answer = http.post(f"/v1/models/{path}", json=document)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.conformance(
    "cli.tflite",
    "tflite.model",
    "tflite.signatures",
    "tflite.calls",
    "tflite.types",
    "tflite.shapes",
)
def test_a_model_without_a_saved_model_is_served(server, http):
    status = http.get("/v1/models/numbers").json()["model_version_status"]
    assert [(one["version"], one["state"]) for one in status] == [("3", "AVAILABLE")]
    for values in ((1.0,), (1.0, 20.0, 3.0), (7.0,)):
        assert post(http, "numbers:predict", rows(*values)) == {"predictions": answers(*values)}

    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        request = numbers_request([[1, 2], [3, 4]], [9, 10])
        request.output_filter[:] = ["sum", "large"]
        response = stub.Predict(request, timeout=PATIENCE_S)
        assert response.model_spec.version.value == 3
        assert sorted(response.outputs) == ["large", "sum"]
        assert list(response.outputs["sum"].float_val) == [3.0, 7.0]
        assert list(response.outputs["large"].bool_val) == [False, True]

        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = "numbers"
        packed = stub.GetModelMetadata(request, timeout=PATIENCE_S).metadata["signature_def"]
        signatures = get_model_metadata_pb2.SignatureDefMap()
        packed.Unpack(signatures)
        inputs = signatures.signature_def["serving_default"].inputs
        assert {alias: info.name for alias, info in inputs.items()} == {
            "i": "serving_default_i:0", "x": "serving_default_x:0"
        }  # fmt: skip


@pytest.mark.conformance("tflite.model", "tflite.no_signatures")
def test_it_goes_before_the_saved_model_in_the_same_folder(http):
    metadata = http.get("/v1/models/unsigned/metadata").json()["metadata"]["signature_def"][
        "signature_def"
    ]
    assert list(metadata) == ["serving_default"]
    signature = metadata["serving_default"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert signature["inputs"]["serving_default_x"]["tensor_shape"]["dim"] == [
        {"size": "1", "name": ""}, {"size": "2", "name": ""}
    ]  # fmt: skip
    assert signature["outputs"]["PartitionedCall"]["name"] == "PartitionedCall:2"
    inputs = {"serving_default_x": [[1, 2], [3, 4]], "serving_default_i": [1, 2]}
    assert post(http, "unsigned:predict", {"inputs": inputs}) == {"outputs": [3.0, 7.0]}


@pytest.mark.conformance("tflite.model")
def test_a_folder_without_one_is_served_as_ever(http):
    assert post(http, "plain:predict", {"instances": [3.0]}) == {"predictions": [1.5]}


@pytest.mark.conformance("tflite.calls", "tflite.types")
def test_texts_go_in_and_out(http):
    texts = [b"a\0b", b"", b"\xff\xfe", "é".encode()]
    sent = [{"b64": base64.b64encode(text).decode()} for text in texts]
    answer = post(http, "texts:predict", {"instances": sent})
    assert answer == {"predictions": [[text] for text in sent]}
    assert post(http, "texts:predict", {"inputs": ["é"]}) == {"outputs": [[sent[-1]]]}


@pytest.mark.conformance("tflite.calls")
def test_classify_and_regress_hand_over_serialized_examples(http):
    examples = [{"x": 1.0}, {}]
    document = {"signature_name": "classify", "examples": examples}
    assert post(http, "texts:classify", document) == {"results": [[["", 0.5], ["", 0.5]]] * 2}
    document = {"signature_name": "regress", "examples": examples}
    assert post(http, "texts:regress", document) == {"results": [2.0, 2.0]}


@pytest.mark.conformance("tflite.pool", "tflite.batching", "tflite.shapes")
def test_requests_at_the_same_time_get_their_own_answers(http):
    def ask(number):
        values = [float(number + row) for row in range(1 + number % 5)]
        return post(http, "numbers:predict", rows(*values))["predictions"] == answers(*values)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(80)))


@pytest.mark.conformance("tflite.errors")
def test_what_the_model_cannot_take_is_an_error_and_the_next_request_is_answered(http):
    inputs = {"x": [1.0, 2.0], "i": [1, 2]}
    answer = http.post("/v1/models/numbers:predict", json={"inputs": inputs})
    assert answer.status_code == 500
    assert answer.json()["error"].startswith("Failed to allocate tensors")
    assert post(http, "numbers:predict", rows(4.0)) == {"predictions": answers(4.0)}


@pytest.mark.conformance("tflite.calls", "metrics.mlmd")
def test_the_metrics_know_of_the_warm_up_and_of_the_key_in_ml_metadata(server):
    page = httpx.get(f"http://{server.rest_address}/metrics", trust_env=False).text
    samples = [s for family in text_string_to_metric_families(page) for s in family.samples]
    [read] = [s for s in samples if s.name.startswith(":tensorflow:serving:model_warmup_records")]
    assert read.labels["model_path"].endswith("numbers/3")
    assert read.value == 1
    [key] = [s for s in samples if s.name == ":tensorflow:serving:mlmd_map"]
    assert key.labels == {"model_name": "numbers", "version": "3", "mlmd_uuid": "0a1b-uuid"}


@pytest.mark.conformance("tflite.broken")
def test_a_broken_one_is_a_failed_load(server, http):
    folder = server.log_path.parent / "unsigned"
    shutil.copytree(folder / "3", folder / "tmp")
    content = (folder / "tmp" / "model.tflite").read_bytes()
    (folder / "tmp" / "model.tflite").write_bytes(content[: len(content) // 2])
    (folder / "tmp").rename(folder / "4")
    deadline = time.monotonic() + PATIENCE_S
    while True:
        states = {
            one["version"]: one
            for one in http.get("/v1/models/unsigned").json()["model_version_status"]
        }
        if states.get("4", {}).get("state") == "END" or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert states["4"]["status"]["error_code"] == "INVALID_ARGUMENT"
    assert "Cannot build FlatBufferModel" in states["4"]["status"]["error_message"]
    assert states["3"]["state"] == "AVAILABLE"


@pytest.mark.conformance("cli.tflite")
def test_the_log_says_nothing_that_a_user_can_do_nothing_about(server):
    log = server.log_path.read_text()
    assert "tf.lite.Interpreter" not in log
    assert "no effect" not in log
