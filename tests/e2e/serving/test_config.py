"""One server of several models, reconfigured by its file and over gRPC while it serves.

Two requests of either protocol run at once there, and one version is loaded at once.
"""

import os
import select
import shutil
import socket

import grpc
import httpx
import pytest
from google.protobuf import text_format
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_log_pb2,
    prediction_service_pb2_grpc,
)
from tensorflow_serving.config import model_server_config_pb2
from waiting import wait_until

from serving.errors import ServerStartError
from serving.server.process import ServerProcess

PATIENCE_S = 60
# Half a second or so inside TensorFlow, on any machine.
LONG = 100_000
WARM_UP_RECORDS = "/tensorflow/serving/model_warmup_records_read"


def entry(name, folder, more=""):
    return (
        f'config {{ name: "{name}" base_path: "{folder}" model_platform: "tensorflow" {more} }}\n'
    )


def config_text(*entries):
    return "model_config_list {\n" + "".join(entries) + "}"


def label(name, version):
    return f'version_labels {{ key: "{name}" value: {version} }}'


def predict_request(model, turns=1):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    tensor = request.inputs["turns"]
    tensor.dtype = 3
    tensor.tensor_shape.dim.add(size=1)
    tensor.int_val.append(turns)
    return request


class World:
    """A server with a config file, and the official stubs for it."""

    def __init__(self, folder, versions):
        self.folder = folder
        self.versions = versions
        self.file = folder / "models.config"
        self.server = None

    def push(self, model, *numbers):
        for number in numbers:
            copy = self.folder / model / f"tmp-{number}"
            shutil.copytree(self.versions / str(number), copy)
            copy.rename(copy.with_name(str(number)))

    def path(self, model):
        return self.folder / model

    def write(self, *entries):
        """Replaces the file in one step, as deployments do."""
        fresh = self.folder / "models.config.tmp"
        fresh.write_text(config_text(*entries))
        os.replace(fresh, self.file)  # noqa: PTH105 - the atomic one

    def connect(self):
        channel = grpc.insecure_channel(self.server.grpc_address)
        # Calls that wait for a connection are sent in no particular order.
        grpc.channel_ready_future(channel).result(PATIENCE_S)
        self.models = model_service_pb2_grpc.ModelServiceStub(channel)
        self.predictions = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        return channel

    def states(self, model):
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = model
        answer = self.models.GetModelStatus(request, timeout=PATIENCE_S)
        names = get_model_status_pb2.ModelVersionStatus.State
        return {s.version: names.Name(s.state) for s in answer.model_version_status}

    def reload(self, *entries, timeout=PATIENCE_S):
        request = model_management_pb2.ReloadConfigRequest(
            metric_names=["/some/metric", WARM_UP_RECORDS]
        )
        text_format.Parse(config_text(*entries), request.config)
        return self.models.HandleReloadConfigRequest(request, timeout=timeout)

    def answering(self, model, version_label=None):
        request = predict_request(model)
        if version_label:
            request.model_spec.version_label = version_label
        return self.predictions.Predict(request, timeout=PATIENCE_S).outputs["version"].int_val[0]


@pytest.fixture(scope="module")
def world(tmp_path_factory, versions):
    its = World(tmp_path_factory.mktemp("config"), versions)
    its.push("a", 1, 2, 3)
    its.push("b", 1, 2)
    its.write(
        entry("a", its.path("a"), "model_version_policy { specific { versions: 1 versions: 3 } }"),
        entry("b", its.path("b")),
    )
    flags = [
        f"--model_config_file={its.file}",
        "--model_config_file_poll_wait_seconds=1",
        "--enable_grpc_healthcheck_service",
        # So that TensorFlow is not what runs wait for.
        "--tensorflow_inter_op_parallelism=8",
        "--num_load_threads=1",
        "--grpc_max_threads=2",
        "--rest_api_num_threads=2",
        "--num_unload_threads=3",
        "--rest_api_timeout_in_ms=0",
    ]
    its.server = ServerProcess("m", its.folder / "none", its.folder / "server.log", flags=flags)
    with its.server, its.connect():
        yield its


@pytest.mark.conformance("config.policy", "cli.model_config_file", "cli.no_effect")
def test_the_config_file_says_which_versions_of_which_models_are_served(world):
    assert world.states("a") == {3: "AVAILABLE", 1: "AVAILABLE"}
    assert world.states("b") == {2: "AVAILABLE"}
    assert (world.answering("a"), world.answering("b")) == (3, 2)
    assert world.server.log_path.read_text().count("--num_unload_threads: no effect") == 1


@pytest.mark.conformance("cli.rest_api_num_threads")
def test_only_so_many_grpc_requests_run_at_once(world):
    ended = []
    calls = {
        name: world.predictions.Predict.future(predict_request("a", turns), timeout=PATIENCE_S)
        for name, turns in (("long", LONG), ("long too", LONG), ("short", 1))
    }
    for name, call in calls.items():
        call.add_done_callback(lambda _, name=name: ended.append(name))
    wait_until(lambda: len(ended) == len(calls))
    assert ended[0] != "short"


@pytest.mark.conformance("cli.rest_api_num_threads")
def test_only_so_many_rest_requests_run_at_once(world):
    address = ("127.0.0.1", world.server.rest_port)
    head = b"POST /v1/models/a:predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"

    def send(connection, turns):
        body = b'{"instances": [%d]}' % turns
        connection.sendall(head % len(body) + body)

    with (
        socket.create_connection(address) as long,
        socket.create_connection(address) as long_too,
        socket.create_connection(address, PATIENCE_S) as short,
    ):
        for connection in (long, long_too):
            send(connection, LONG)
        # What was sent before has arrived when the server answers this.
        httpx.get(f"http://{world.server.rest_address}/healthz", trust_env=False)
        send(short, 1)
        assert short.recv(1000).startswith(b"HTTP/1.1 200")
        assert select.select([long, long_too], [], [], 0)[0]


@pytest.mark.conformance("cli.rest_api_timeout_in_ms")
def test_no_time_for_rest_is_no_limit(world):
    with httpx.Client(base_url=f"http://{world.server.rest_address}", trust_env=False) as http:
        answer = http.post("/v1/models/a:predict", json={"instances": [1]})
    assert answer.status_code == 200


@pytest.mark.conformance("cli.enable_grpc_healthcheck_service", "grpc.health", "grpc.reflection")
def test_health_checks_and_reflection_are_answered(world):
    from grpc_health.v1 import health_pb2, health_pb2_grpc
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
        ProtoReflectionDescriptorDatabase,
    )

    with grpc.insecure_channel(world.server.grpc_address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for name in ("", "ModelService", "PredictionService"):
            answer = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=PATIENCE_S)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        names = set(ProtoReflectionDescriptorDatabase(channel).get_services())
    assert {
        "tensorflow.serving.ModelService",
        "tensorflow.serving.PredictionService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    } <= names


@pytest.mark.conformance(
    "cli.model_config_file_poll_wait_seconds", "config.label_resolution", "config.reload_file"
)
def test_the_file_is_followed_and_garbage_in_it_changes_nothing(world):
    world.write(
        entry("a", world.path("a"), "model_version_policy { all {} }" + label("stable", 1)),
        entry("b", world.path("b")),
    )
    wait_until(lambda: world.states("a")[3] == world.states("a").get(2) == "AVAILABLE")
    assert world.answering("a", "stable") == 1
    before = world.server.log_path.read_text().count("cannot apply")
    world.file.write_text("garbage {")
    wait_until(lambda: world.server.log_path.read_text().count("cannot apply") > before)
    assert world.answering("a", "stable") == 1
    with pytest.raises(grpc.RpcError, match="Unrecognized servable version label: canary"):
        world.answering("a", "canary")


@pytest.mark.conformance("grpc.reload", "config.reload_drop", "config.reload_new")
def test_a_reload_over_grpc_adds_and_drops_models(world):
    world.push("c", 2)
    kept = entry("a", world.path("a"), "model_version_policy { all {} }")
    # So that the next look at the file says the same.
    world.write(kept, entry("c", world.path("c")))
    # Without a deadline, as most clients do it.
    response = world.reload(kept, entry("c", world.path("c")), timeout=None)
    assert response.status.error_code == 0
    assert increases(response) == {"/some/metric": 0, WARM_UP_RECORDS: 0}
    assert world.answering("c") == 2
    wait_until(lambda: world.states("b") == {2: "END"})
    with pytest.raises(grpc.RpcError, match=r"Servable not found for request: Latest\(b\)"):
        world.answering("b")


@pytest.mark.conformance("grpc.reload", "config.reload_failure", "config.validation")
def test_a_reload_that_cannot_be_done_says_why(world):
    empty = model_management_pb2.ReloadConfigRequest()
    empty.config.CopyFrom(model_server_config_pb2.ModelServerConfig())
    with pytest.raises(grpc.RpcError, match="Only ModelConfigList is currently supported"):
        world.models.HandleReloadConfigRequest(empty, timeout=PATIENCE_S)
    with pytest.raises(grpc.RpcError, match="Illegal to list model a multiple times") as caught:
        world.reload(*[entry("a", world.path("a"))] * 2)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.RpcError, match="assign label to version 9 of model a") as caught:
        world.reload(entry("a", world.path("a"), label("x", 9)))
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    (world.path("d") / "4").mkdir(parents=True)
    with pytest.raises(grpc.RpcError, match=r"1 model\(s\) did not become available") as caught:
        world.reload(entry("a", world.path("a")), entry("d", world.path("d")))
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    assert world.states("d") == {4: "END"}


def increases(response):
    return {metric.name: metric.int64_value_increase for metric in response.metric}


def with_warm_up(world, model, log=None, raw=None, count=1):
    """Pushes version 1 of a model with a warm-up file."""
    import tensorflow as tf

    version = world.path(model) / "1"
    shutil.copytree(world.versions / "1", version)
    (version / "assets.extra").mkdir(exist_ok=True)
    file = version / "assets.extra" / "tf_serving_warmup_requests"
    if raw is not None:
        file.write_bytes(raw)
        return
    with tf.io.TFRecordWriter(str(file)) as writer:
        for _ in range(count):
            writer.write(log.SerializeToString())


def predict_log(dtype=3, turns=1):
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.CopyFrom(predict_request("anything", turns))
    log.predict_log.request.inputs["turns"].dtype = dtype
    return log


def session_log():
    log = prediction_log_pb2.PredictionLog()
    log.session_run_log.SetInParent()
    return log


@pytest.mark.conformance("warm.file", "warm.failure", "warm.kinds", "grpc.reload")
@pytest.mark.parametrize(
    ("model", "arguments", "code", "text"),
    [
        ("warm", {"log": predict_log(), "count": 3}, 0, ""),
        ("wrong", {"log": predict_log(1)}, 3, "Expects arg[0] to be int32 but float"),
        ("session", {"log": session_log()}, 12, "Unsupported log_type for warmup"),
        ("many", {"log": predict_log(), "count": 1001}, 3, "exceeds the maximum (1000)"),
        ("torn", {"raw": b"not records at all"}, 15, "warmup data is in TFRecord format"),
    ],
)
def test_a_version_is_warmed_up_before_it_is_served(world, model, arguments, code, text):
    with_warm_up(world, model, **arguments)
    if code == 0:
        response = world.reload(entry(model, world.path(model)))
        assert increases(response) == {"/some/metric": 0, WARM_UP_RECORDS: 3}
        assert world.states(model) == {1: "AVAILABLE"}
        assert "replayed 3 warm-up requests" in world.server.log_path.read_text()
        return
    with pytest.raises(grpc.RpcError):
        world.reload(entry(model, world.path(model)))
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = model
    (status,) = world.models.GetModelStatus(request, timeout=PATIENCE_S).model_version_status
    assert (status.status.error_code, text in status.status.error_message) == (code, True)


@pytest.mark.conformance("start.bad_file", "start.contradictions")
@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--model_config_file=/nowhere/models.config"], "NOT_FOUND: /nowhere/models.config"),
        (["--model_base_path="], "model_config_file are empty!"),
        (["--model_base_path=relative"], "to have an absolute path or URI"),
        (["--tensorflow_session_config_file=/nowhere/s"], "NOT_FOUND: /nowhere/s"),
        (["--ssl_config_file=/nowhere/ssl"], None),
    ],
)
def test_a_server_that_cannot_start_says_why(tmp_path, versions, flags, text):
    server = ServerProcess("m", versions, tmp_path / "server.log", flags=flags)
    with pytest.raises(ServerStartError) as caught:
        server.start()
    assert "Failed to start server. Error: " in str(caught.value)
    assert (text or "NOT_FOUND: /nowhere/ssl") in str(caught.value)


@pytest.mark.conformance("rest.status")
def test_states_are_told_over_rest_too(world):
    with httpx.Client(base_url=f"http://{world.server.rest_address}", trust_env=False) as http:
        answer = http.get("/v1/models/d")
        (status,) = answer.json()["model_version_status"]
        assert (status["version"], status["state"]) == ("4", "END")
        assert status["status"]["error_code"] == "NOT_FOUND"
        assert answer.text.startswith('{\n "model_version_status": [\n  {\n   "version": "4",')


@pytest.mark.conformance("cli.num_load_threads")
def test_only_so_many_versions_are_loaded_at_once(world):
    models = ("e", "f")
    for model in models:
        with_warm_up(world, model, predict_log(turns=LONG))
    world.write(*(entry(model, world.path(model)) for model in models))
    seen = set()

    def are_there():
        try:
            e, f, e_after = (world.states(model)[1] for model in (*models, "e"))
        except grpc.RpcError:
            # The file was not looked at yet.
            return False
        # Else e's load may have ended, and f's begun, between the two answers.
        if e == e_after:
            seen.add((e, f))
        return ("AVAILABLE", "AVAILABLE") in seen

    wait_until(are_there)
    assert seen & {("LOADING", "START"), ("START", "LOADING")}
    assert ("LOADING", "LOADING") not in seen
