"""One server with everything switched on that is off by default."""

import asyncio
import datetime as dt
import ipaddress
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from prometheus_client.parser import text_string_to_metric_families
from tensorflow_serving.apis import (
    predict_pb2,
    prediction_log_pb2,
    prediction_service_pb2_grpc,
)

from serving.client import NEVER, Tls, UnavailableError, connect, connect_async
from serving.server.process import ServerProcess, server_environment

PATIENCE_S = 60
# The metrics know the requests of the warm-up by this name.
WARM = "warm-up"
KINDS = ("predict", "classify", "regress", "multi_inference")


def make_certificate(name, issuer=None):
    """Returns key and certificate in PEM, signed by itself or by an issuer (its own pair)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.timezone.utc)
    signer, signer_name = (key, subject) if issuer is None else issuer
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (key, subject), private, certificate.public_bytes(pem)


@pytest.fixture(scope="module")
def authority():
    return make_certificate("authority")


@pytest.fixture(scope="module")
def server(tmp_path_factory, varied_model, authority):
    folder = tmp_path_factory.mktemp("flags")
    shutil.copytree(varied_model, folder / "m" / "7")
    write_warm_up(folder / "m" / "7")
    issuer, _, root = authority
    _, key, certificate = make_certificate("server", issuer)
    ssl = folder / "ssl.config"
    parts = {"server_key": key, "server_cert": certificate, "custom_ca": root}
    text = "".join(f"{name}: {pem.decode()!r}\n" for name, pem in parts.items())
    ssl.write_text(text + "client_verify: true\n")
    session = folder / "session.config"
    session.write_text("inter_op_parallelism_threads: 7 allow_soft_placement: true")
    monitoring = folder / "monitoring.config"
    monitoring.write_text('prometheus_config { enable: true path: "/metrics" }')
    batching = folder / "batching.config"
    batching.write_text(
        "max_batch_size { value: 16 } allowed_batch_sizes: 4 allowed_batch_sizes: 16"
    )
    flags = [
        "--enable_batching",
        "--detailed_metrics_path=/detailed",
        f"--batching_parameters_file={batching}",
        f"--monitoring_config_file={monitoring}",
        f"--grpc_socket_path={folder / 'grpc.sock'}",
        f"--ssl_config_file={ssl}",
        f"--tensorflow_session_config_file={session}",
        "--enable_serialization_as_tensor_content",
        "--num_request_iterations_for_warmup=2",
        "--rest_api_timeout_in_ms=500",
        "--rest_api_enable_cors_support",
        "--rest_api_num_threads=2",
        "--grpc_max_threads=2",
        "--saved_model_tags=serve",
        "--num_load_threads=1",
        "--max_request_bytes=10000",
        "--max_tensor_elements=1000",
    ]
    process = ServerProcess("m", folder / "m", folder / "server.log", flags=flags)
    process.socket = folder / "grpc.sock"
    with process:
        yield process


def write_warm_up(version):
    import tensorflow as tf

    logs = {kind: prediction_log_pb2.PredictionLog() for kind in KINDS}
    predict = logs["predict"].predict_log.request
    predict.inputs["x"].CopyFrom(tf.make_tensor_proto([1.0]))
    predict.model_spec.name = WARM
    for kind in ("classify", "regress"):
        request = getattr(logs[kind], f"{kind}_log").request
        request.model_spec.name = WARM
        request.model_spec.signature_name = kind
        request.input.example_list.examples.add()
    multi = logs["multi_inference"].multi_inference_log.request
    multi.input.example_list.examples.add()
    task = multi.tasks.add(method_name="tensorflow/serving/regress")
    task.model_spec.name = WARM
    task.model_spec.signature_name = "regress"
    file = version / "assets.extra" / "tf_serving_warmup_requests"
    file.parent.mkdir()
    with tf.io.TFRecordWriter(str(file)) as writer:
        for log in logs.values():
            writer.write(log.SerializeToString())


def predict_request():
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    tensor = request.inputs["x"]
    tensor.dtype = 1
    tensor.tensor_shape.dim.add(size=2)
    tensor.float_val.extend([1, 3])
    return request


def ask(address, credentials, request=None):
    # The certificate is for the address, also where the socket is used.
    options = [("grpc.ssl_target_name_override", "127.0.0.1")]
    with grpc.secure_channel(address, credentials, options) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        return stub.Predict(request or predict_request(), timeout=PATIENCE_S)


@pytest.mark.conformance(
    "cli.ssl_config_file", "cli.grpc_socket_path", "cli.enable_serialization_as_tensor_content"
)
def test_only_clients_with_a_certificate_are_let_in(server, authority):
    from tensorflow import make_ndarray

    issuer, _, root = authority
    _, key, certificate = make_certificate("client", issuer)
    known = grpc.ssl_channel_credentials(root, key, certificate)
    for address in (server.grpc_address, f"unix:{server.socket}"):
        output = ask(address, known).outputs["y"]
        assert (len(output.float_val), len(output.tensor_content)) == (0, 8)
        assert make_ndarray(output).tolist() == [0.5, 1.5]
    for stranger in (
        grpc.ssl_channel_credentials(root),
        grpc.ssl_channel_credentials(root, *make_certificate("stranger")[1:]),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            ask(server.grpc_address, stranger)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_our_client_brings_its_certificate(server, authority, tmp_path):
    issuer, _, root = authority
    parts = dict(zip(("key", "certificate"), make_certificate("client", issuer)[1:], strict=True))
    files = {name: tmp_path / f"{name}.pem" for name in ("ca", "key", "certificate")}
    for name, pem in {**parts, "ca": root}.items():
        files[name].write_bytes(pem)
    rows = [{"x": 3.0}]
    with connect(server.grpc_address, "m", "grpc", tls=Tls(**files)) as client:
        assert client.predict(rows, "serving_default") == {"y": [1.5]}
    with (
        connect(server.grpc_address, "m", "grpc", retries=NEVER, tls=Tls(files["ca"])) as client,
        pytest.raises(UnavailableError),
    ):
        client.status()

    async def ask():
        async with connect_async(server.grpc_address, "m", "grpc", tls=Tls(**files)) as client:
            return await client.predict(rows, "serving_default")

    assert asyncio.run(ask()) == {"y": [1.5]}


@pytest.mark.conformance("better.limits")
def test_what_is_too_large_is_refused(server, authority):
    issuer, _, root = authority
    known = grpc.ssl_channel_credentials(root, *make_certificate("client", issuer)[1:])
    large = predict_request()
    large.inputs["x"].float_val.extend([1] * 10_000)
    repeated = predict_request()
    repeated.inputs["x"].tensor_shape.dim[0].size = 1001
    for request, code, text in (
        (large, grpc.StatusCode.RESOURCE_EXHAUSTED, "larger than max"),
        (repeated, grpc.StatusCode.INVALID_ARGUMENT, "it has 1,001 elements"),
    ):
        with pytest.raises(grpc.RpcError, match=text) as caught:
            ask(server.grpc_address, known, request)
        assert caught.value.code() is code
    with httpx.Client(base_url=f"http://{server.rest_address}", trust_env=False) as http:
        answer = http.post("/v1/models/m:predict", content=b" " * 10_001)
        assert (answer.status_code, "longer than 10000 bytes" in answer.text) == (413, True)
        answer = http.post("/v1/models/m:predict", json={"instances": [1] * 1001})
        assert (answer.status_code, "it has 1,001 elements" in answer.text) == (400, True)


@pytest.mark.conformance("warm.kinds", "cli.num_request_iterations_for_warmup")
def test_all_kinds_of_requests_warm_a_model_up(server):
    assert "replayed 4 warm-up requests" in server.log_path.read_text()
    page = httpx.get(f"http://{server.rest_address}/metrics", trust_env=False).text
    prefix = ":tensorflow:serving:"
    for api in ("Predict", "Classify", "Regress"):
        labels = f'model_name="{WARM}",API="{api}",runtime="TF1"'
        assert f"{prefix}runtime_latency_count{{{labels}}} 2\n" in page
    assert f'{prefix}request_example_count_total{{model="{WARM}"}} 2\n' in page


@pytest.mark.conformance("cli.rest_api_port")
def test_a_rest_port_that_is_taken_is_only_logged(tmp_path, varied_model):
    shutil.copytree(varied_model, tmp_path / "m" / "1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        flags = [f"--rest_api_port={taken.getsockname()[1]}"]
        with ServerProcess("m", tmp_path / "m", tmp_path / "server.log", flags=flags) as process:
            assert process.grpc_port
            assert process.rest_port == 0
    assert "REST is off: cannot listen on port" in (tmp_path / "server.log").read_text()


@pytest.mark.conformance("cli.rest_api_timeout_in_ms", "cli.rest_api_enable_cors_support")
def test_rest_keeps_its_time_and_tells_browsers(server):
    with httpx.Client(base_url=f"http://{server.rest_address}", trust_env=False) as http:
        body = {"signature_name": "slow", "instances": [2_000_000_000]}
        answer = http.post("/v1/models/m:predict", json=body, timeout=PATIENCE_S)
        assert (answer.status_code, list(answer.json())) == (504, ["error"])
        assert answer.headers["access-control-allow-origin"] == "*"
        answer = http.request("OPTIONS", "/v1/models/m", headers={"Origin": "https://a.example"})
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.conformance("cli.batching", "batch.together", "batch.too_large")
def test_requests_run_together_and_each_gets_its_own_answer(server):
    with httpx.Client(base_url=f"http://{server.rest_address}", trust_env=False) as http:

        def ask(number):
            rows = [number + row for row in range(number % 5 + 1)]
            answer = http.post("/v1/models/m:predict", json={"instances": rows})
            return answer.json() == {"predictions": [row / 2 for row in rows]}

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(ask, range(200)))
        answer = http.post("/v1/models/m:predict", json={"instances": [1] * 17})
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "Task size 17 is larger than maximum input batch size 16",
    )


@pytest.mark.conformance("metrics.page", "metrics.format", "metrics.counted", "metrics.batching")
def test_prometheus_reads_the_metrics_page(server):
    with httpx.Client(base_url=f"http://{server.rest_address}", trust_env=False) as http:
        http.post("/v1/models/m:predict", json={"instances": [1]})
        families = list(text_string_to_metric_families(http.get("/metrics").text))
        own = {f.name: f for f in text_string_to_metric_families(http.get("/detailed").text)}
    detailed = own[":tidemill:serving:request_latency"]
    assert any(s.labels["signature_name"] == "serving_default" for s in detailed.samples)
    samples = [sample for family in families for sample in family.samples]
    # This parser, unlike Prometheus itself, gives every counter the ending "_total".
    prefix = ":tensorflow:serving:"

    def value(name, **labels):
        return next(s.value for s in samples if (s.name, s.labels) == (f"{prefix}{name}", labels))

    assert value("request_count_total", model_name="m", status="OK") >= 1
    rest = {"model_name": "m", "API": "predict", "entrypoint": "REST"}
    assert value("request_latency_count", **rest) >= 1
    assert value("request_latency_bucket", **rest, le="+Inf") >= 1
    assert value("runtime_latency_count", model_name="m", API="Predict", runtime="TF1") >= 1
    assert value("batching_session:wrapped_run_count_total") >= 1
    (records,) = [s for s in samples if s.name == f"{prefix}model_warmup_records_read_total"]
    assert (records.value, records.labels["status"]) == (4, "OK")


@pytest.mark.conformance("cli.saved_model_tags")
def test_a_graph_with_other_tags_is_not_there(tmp_path, varied_model):
    from serving.errors import ServerStartError

    shutil.copytree(varied_model, tmp_path / "m" / "1")
    flags = ["--saved_model_tags=serve,gpu"]
    server = ServerProcess("m", tmp_path / "m", tmp_path / "server.log", flags=flags)
    with pytest.raises(ServerStartError, match=r"matching supplied tags: . serve gpu ."):
        server.start()


@pytest.mark.conformance("cli.version", "cli.parse", "cli.unknown")
@pytest.mark.parametrize(
    ("flags", "status", "text"),
    [
        (["--version"], 0, "TensorFlow Library: 2."),
        (["--help"], 255, "--model_base_path="),
        (["--port=x"], 255, "--port=x: expected a whole number"),
    ],
)
def test_the_command_line_answers_at_once(flags, status, text):
    done = subprocess.run(
        [sys.executable, "-m", "serving.server", *flags],
        env=server_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, text in done.stdout) == (status, True)
    assert flags != ["--version"] or len(done.stdout.splitlines()) == 2
