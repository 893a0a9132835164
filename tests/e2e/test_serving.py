"""A real server with a real SavedModel, asked by plain HTTP, the official stubs and our client."""

import json
import math
import subprocess
import sys

import grpc
import httpx
import pytest
from click.testing import CliRunner

from pipeline.cli.main import main
from pipeline.cli.predict import predict
from serving.client import (
    Code,
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    ServingError,
    connect,
)
from serving.server.process import ServerProcess

MODEL = """
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

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="turns")])
    def slow(self, turns):
        last = tf.reduce_max(turns)
        turned, = tf.while_loop(lambda i: i < last, lambda i: (i + 1,), (tf.constant(0),))
        return {"turned": tf.minimum(turns, turned)}

model = Model()
tf.saved_model.save(model, sys.argv[1], signatures={
    "serving_default": model.half, "serving_rows": model.rows,
    "length": model.length, "checked": model.checked, "slow": model.slow,
})
"""
TORN_BATCH = b"""{"signature_name": "serving_rows",
    "inputs": {"amount": [1, 2, 3], "count": [[1], [2]], "text": ["a"]}}"""
ROWS = [
    {"amount": 1.5, "count": [2], "text": "hé"},
    {"amount": 20, "count": [1], "text": b"\x00\xff"},
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    base = tmp_path_factory.mktemp("models") / "m"
    subprocess.run([sys.executable, "-c", MODEL, str(base / "7")], check=True, capture_output=True)
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


@pytest.fixture(params=["rest", "grpc"])
def client(request, server):
    address = server.rest_address if request.param == "rest" else server.grpc_address
    with connect(address, "m", request.param) as opened:
        yield opened


def test_http_predict_by_rows_and_columns(http):
    answer = http.post("/v1/models/m:predict", content=b'{"instances": [1, 3.0, NaN]}')
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    first, second, third = answer.json()["predictions"]
    assert (first, second) == (0.5, 1.5)
    assert math.isnan(third)
    answer = http.post("/v1/models/m/versions/7:predict", json={"inputs": {"x": [1]}})
    assert answer.json() == {"outputs": [0.5]}


def test_http_predict_with_several_inputs_and_outputs(http):
    row = {"amount": 1.5, "count": [2], "text": {"b64": "aGk="}}
    answer = http.post(
        "/v1/models/m:predict", json={"signature_name": "serving_rows", "instances": [row]}
    )
    assert answer.json() == {
        "predictions": [{"large": False, "text": "HI", "text_bytes": {"b64": "aGk="}, "total": 3.0}]
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("POST", "/v1/models/m:predict", b"", 400, "The document is empty"),
        ("POST", "/v1/models/m:predict", b'{"instances": ["a"]}', 400, "not of expected type"),
        ("POST", "/v1/models/other:predict", b'{"instances": [1]}', 404, "Latest(other)"),
        ("POST", "/v1/models/m/versions/8:predict", b'{"inputs": 1}', 404, "Specific(m, 8)"),
        ("POST", "/v1/models/m:predict?x", b"{}", 400, "Malformed request: POST /v1/models/m:pr"),
        ("PUT", "/v1/models/m", b"", 400, "Malformed request: PUT /v1/models/m"),
        ("GET", "/v1/models/other", b"", 404, "Could not find any versions of model other"),
        ("GET", "/v1/models/m%2", b"", 404, "Could not find any versions of model m%2"),
        (
            "POST",
            "/v1/models/m:predict",
            b'{"signature_name": "checked", "instances": [9]}',
            400,
            "assertion failed: [Condition x < y",
        ),
        (
            "POST",
            "/v1/models/m:predict",
            b'{"signature_name": "checked", "instances": [1]}',
            400,
            "Tensor name: scalar has no shape information",
        ),
        (
            "POST",
            "/v1/models/m:predict",
            TORN_BATCH,
            400,
            "Incompatible shapes",
        ),
    ],
)
def test_http_errors(http, method, path, body, status, text):
    answer = http.request(method, path, content=body)
    assert answer.status_code == status
    assert text in answer.json()["error"]
    assert "Graph execution error" not in answer.text


def test_http_status_and_paths_outside_the_api(http):
    assert http.get("/v1/models/m").json() == {
        "model_version_status": [
            {
                "version": "7",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }
    assert http.get("/").status_code == 404


def test_http_metadata_shows_the_signatures_as_stored(http):
    document = http.get("/v1/models/m/metadata").json()
    assert document["model_spec"]["version"] == "7"
    signature = document["metadata"]["signature_def"]["signature_def"]["serving_rows"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert signature["inputs"]["count"]["dtype"] == "DT_INT64"
    assert signature["inputs"]["count"]["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}, {"size": "1", "name": ""}],
        "unknown_rank": False,
    }


def test_official_stubs_predict(channel):
    from tensorflow import make_ndarray, make_tensor_proto
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    request.inputs["x"].CopyFrom(make_tensor_proto([3.0, 5.0], dtype="float32"))
    response = stub.Predict(request, timeout=30)
    assert response.model_spec.name == "m"
    assert response.model_spec.version.value == 7
    assert response.model_spec.signature_name == "serving_default"
    assert list(response.outputs["y"].float_val) == [1.5, 2.5]
    assert make_ndarray(response.outputs["y"]).shape == (2,)

    request.model_spec.signature_name = "serving_rows"
    request.model_spec.version.value = 7
    request.output_filter.append("text_bytes")
    del request.inputs["x"]
    request.inputs["amount"].CopyFrom(make_tensor_proto([1.0, 2.0], dtype="float32"))
    request.inputs["count"].CopyFrom(make_tensor_proto([[1], [2]], dtype="int64"))
    request.inputs["text"].CopyFrom(make_tensor_proto([b"a", b"\xff"]))
    response = stub.Predict(request, timeout=30)
    assert list(response.outputs) == ["text_bytes"]
    assert list(response.outputs["text_bytes"].string_val) == [b"a", b"\xff"]


def _nameless(request):
    request.model_spec.name = ""


def _other_model(request):
    request.model_spec.name = "other"


def _other_signature(request):
    request.model_spec.signature_name = "nope"


def _doubles(request):
    request.inputs["x"].dtype = 2
    request.inputs["x"].double_val.append(1)
    del request.inputs["x"].float_val[:]


def _torn(request):
    request.inputs["x"].tensor_content = b"123"


def _label(request):
    request.model_spec.version_label = "canary"


@pytest.mark.parametrize(
    ("spoil", "code", "text"),
    [
        (lambda request: request.ClearField("model_spec"), "INVALID_ARGUMENT", "Missing ModelSpec"),
        (_nameless, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        (_other_model, "NOT_FOUND", "Servable not found for request: Latest(other)"),
        (_label, "INVALID_ARGUMENT", "Unrecognized servable version label: canary"),
        (_other_signature, "FAILED_PRECONDITION", 'Serving signature key "nope" not found.'),
        (lambda request: request.inputs.clear(), "INVALID_ARGUMENT", "input size does not match"),
        (_doubles, "INVALID_ARGUMENT", "Expects arg[0] to be float but double is provided"),
        (_torn, "INVALID_ARGUMENT", "tensor parsing error: x"),
    ],
)
def test_official_stubs_errors(channel, spoil, code, text):
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    tensor = request.inputs["x"]
    tensor.dtype = 1
    tensor.tensor_shape.dim.add(size=1)
    tensor.float_val.append(1)
    spoil(request)
    with pytest.raises(grpc.RpcError) as caught:
        prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=30)
    assert caught.value.code().name == code
    assert text in caught.value.details()


def test_official_stubs_metadata_and_status(channel):
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        get_model_status_pb2,
        model_service_pb2_grpc,
        prediction_service_pb2_grpc,
    )

    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "m"
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    response = stub.GetModelMetadata(request, timeout=30)
    assert response.metadata["signature_def"].Unpack(signatures)
    assert set(signatures.signature_def["serving_rows"].inputs) == {"amount", "count", "text"}
    request.metadata_field[:] = ["colour"]
    with pytest.raises(grpc.RpcError, match="Metadata field colour is not supported"):
        stub.GetModelMetadata(request, timeout=30)

    status = get_model_status_pb2.GetModelStatusRequest()
    status.model_spec.name = "m"
    answer = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(status, timeout=30)
    (version,) = answer.model_version_status
    assert (version.version, version.state) == (7, version.AVAILABLE)


def test_our_client_gets_the_same_over_both_protocols(client):
    columns = client.predict(ROWS)
    # A text that is not UTF-8 cannot be written in JSON; "_bytes" is for that.
    del columns["text"]
    assert columns == {
        "total": [3.0, 20.0],
        "text_bytes": ["hé".encode(), b"\x00\xff"],
        "large": [False, True],
    }
    assert client.predict_examples([b"abc", b""], "length") == {"length": [3, 0]}


def test_our_client_sees_status_and_metadata(client):
    (status,) = client.status()
    assert (status.version, status.state, status.error) == (7, "AVAILABLE", None)
    metadata = client.metadata()
    assert (metadata.model, metadata.version) == ("m", 7)
    count = metadata.signature("serving_rows").inputs["count"]
    assert (count.dtype, count.shape) == ("int64", (-1, 1))


def test_our_client_raises_what_the_server_says(client, server):
    with pytest.raises(InvalidArgumentError, match="amount"):
        client.predict([{**ROWS[0], "amount": "x"}])
    with pytest.raises(ServingError) as caught:
        client.predict([{"i": 9}], "checked")
    assert caught.value.code is Code.INVALID_ARGUMENT
    with pytest.raises(DeadlineExceededError):
        client.predict([{"turns": 400_000}], "slow", timeout_s=0.05)
    with connect(client.address, "other", _protocol(client, server)) as stranger:
        with pytest.raises(NotFoundError, match="other"):
            stranger.status()
        with pytest.raises(NotFoundError, match="other"):
            stranger.predict_examples([b""])


def _protocol(client, server):
    return "rest" if client.address == server.rest_address else "grpc"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.json", '[{"amount": 1.5, "count": [2], "text": "a"}]'),
        ("rows.jsonl", '{"amount": 1.5, "count": [2], "text": "a"}\n'),
        ("rows.csv", "text,label,count,amount\na,9,2,1.5\n"),
    ],
)
@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_the_predict_command(server, tmp_path, name, text, protocol):
    file = tmp_path / name
    file.write_text(text)
    address = server.rest_address if protocol == "rest" else server.grpc_address
    arguments = ["m", "--input", str(file), f"--{protocol}", "--server", address]
    result = CliRunner().invoke(predict, arguments, catch_exceptions=False)
    (line,) = result.stdout.splitlines()
    assert json.loads(line) == {
        "large": False,
        "text": "A",
        "text_bytes": {"b64": "YQ=="},
        "total": 3.0,
    }


@pytest.mark.parametrize(
    ("model", "text", "extra", "status", "message"),
    [
        ("m", "[]", [], 2, "holds no rows"),
        ("m", "nonsense", [], 2, "rows.json: the input is not JSON"),
        ("m", '[{"x": "a"}]', ["--signature", "serving_default"], 1, "INVALID_ARGUMENT: Failed to"),
        ("n", "[{}]", [], 1, "n on 127.0.0.1:"),
        ("m", "[{}]", ["--server", "127.0.0.1:1"], 1, "(`tidemill serve m` starts a server)"),
    ],
)
def test_the_predict_command_explains_a_failure_in_one_line(
    server, tmp_path, capfd, model, text, extra, status, message
):
    file = tmp_path / "rows.json"
    file.write_text(text)
    arguments = ["predict", model, "--input", str(file), "--server", server.rest_address, *extra]
    assert main(arguments) == status
    captured = capfd.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert message in line
