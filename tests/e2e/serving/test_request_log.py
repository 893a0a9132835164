"""What a server logs of its requests, on disks that work and on disks that are full."""

import contextlib
import json
import resource
import shutil

import grpc
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tensorflow_serving.apis import (
    classification_pb2,
    inference_pb2,
    predict_pb2,
    prediction_log_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)
from waiting import wait_until

from serving.server.process import ServerProcess

PATIENCE_S = 60
FILE_LIMIT = 64 * 1024


@pytest.fixture
def start(tmp_path, varied_model):
    """Starts servers whose requests are all logged into `logs`."""
    shutil.copytree(varied_model, tmp_path / "m" / "7")
    config = tmp_path / "models.config"
    config.write_text(
        f'model_config_list {{ config {{ name: "m" base_path: "{tmp_path / "m"}"'
        ' model_platform: "tensorflow" logging_config {'
        f'  log_collector_config {{ type: "tfrecord" filename_prefix: "{tmp_path}/logs/m" }}'
        "   sampling_config { sampling_rate: 1 } } } }"
    )
    monitoring = tmp_path / "monitoring.config"
    monitoring.write_text('prometheus_config { enable: true path: "/metrics" }')
    with contextlib.ExitStack() as servers:

        def start_one(*more):
            flags = (f"--model_config_file={config}", f"--monitoring_config_file={monitoring}")
            log = tmp_path / "server.log"
            server = ServerProcess("m", tmp_path / "m", log, flags=(*flags, *more))
            return servers.enter_context(server)

        yield start_one


def post(server, call, **document):
    url = f"http://{server.rest_address}/v1/models/m:{call}"
    return httpx.post(url, json=document, trust_env=False, timeout=PATIENCE_S).raise_for_status()


def logged(server):
    """How many records there are with each status."""
    text = httpx.get(f"http://{server.rest_address}/metrics", trust_env=False).text
    return {
        sample.labels["status_code"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "request_log_count" in sample.name
    }


def ask_over_grpc(server):
    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        predict = predict_pb2.PredictRequest()
        predict.model_spec.name = "m"
        tensor = predict.inputs["x"]
        tensor.dtype = 1
        tensor.tensor_shape.dim.add(size=2)
        tensor.float_val.extend([3, 5])
        stub.Predict(predict, timeout=PATIENCE_S)
        for kind, request_class in (
            ("classify", classification_pb2.ClassificationRequest),
            ("regress", regression_pb2.RegressionRequest),
        ):
            request = request_class()
            request.model_spec.name = "m"
            request.model_spec.signature_name = kind
            fill_example(request.input.example_list.examples.add())
            getattr(stub, kind.title())(request, timeout=PATIENCE_S)
        multi = inference_pb2.MultiInferenceRequest()
        task = multi.tasks.add(method_name="tensorflow/serving/regress")
        task.model_spec.name = "m"
        task.model_spec.signature_name = "regress"
        fill_example(multi.input.example_list.examples.add())
        stub.MultiInference(multi, timeout=PATIENCE_S)
        wrong = predict_pb2.PredictRequest()
        wrong.model_spec.name = "m"
        with pytest.raises(grpc.RpcError):
            stub.Predict(wrong, timeout=PATIENCE_S)


def fill_example(example):
    example.features.feature["x"].float_list.value.append(0.25)
    example.features.feature["secret"].bytes_list.value.append(b"Ada")


def check_access_log(file):
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    rest = [line for line in lines if line["protocol"] == "REST"]
    over_grpc = [line for line in lines if line["protocol"] == "GRPC"]
    assert [line["path"].rpartition(":")[2] for line in rest] == [
        *("predict", "predict", "classify", "regress")
    ]
    assert {(line["http_status"], line["code"], line["version"]) for line in rest} == {
        (200, "OK", "7")
    }
    service = "/tensorflow.serving.PredictionService/"
    assert [line["method"].removeprefix(service) for line in over_grpc] == [
        *("Predict", "Classify", "Regress", "MultiInference", "Predict")
    ]
    first, last = over_grpc[0], over_grpc[-1]
    assert (first["model"], first["version"], first["signature"], first["code"]) == (
        *("m", "7", "serving_default"),
        "OK",
    )
    assert (last["model"], last["code"]) == ("m", "INVALID_ARGUMENT")
    assert first["user_agent"].startswith("grpc-python")
    assert first["client"].startswith("ipv4:127.0.0.1:")
    assert 0 < first["seconds"] < PATIENCE_S
    assert min(first["request_bytes"], first["response_bytes"]) > 0


def read_logs(folder):
    """The records of all files, and the files."""
    import tensorflow as tf

    files = sorted(folder.glob("*.tfrecord"))
    texts = tf.data.TFRecordDataset([str(file) for file in files]).as_numpy_iterator()
    return [prediction_log_pb2.PredictionLog.FromString(text) for text in texts], files


@pytest.mark.conformance("better.request_log", "better.redaction", "better.access_log")
def test_every_kind_of_request_is_logged_and_the_log_warms_the_next_version_up(start, tmp_path):
    flags = ("--request_log_redacted_features=secret,count", "--request_log_max_records=5")
    server = start(*flags, f"--access_log={tmp_path / 'access.log'}")
    post(server, "predict", instances=[1.0, 2.0])
    row = {"amount": 1.5, "count": [2], "text": "Ada"}
    post(server, "predict", signature_name="serving_rows", instances=[row])
    examples = [{"x": 0.25, "secret": "Ada"}]
    post(server, "classify", signature_name="classify", examples=examples)
    post(server, "regress", signature_name="regress", examples=examples)
    ask_over_grpc(server)
    wait_until(lambda: logged(server) == {"OK": 8})
    server.stop()
    check_access_log(tmp_path / "access.log")

    records, files = read_logs(tmp_path / "logs")
    assert not list((tmp_path / "logs").glob("*.open"))
    assert [record.WhichOneof("log_type") for record in records] == [
        *["predict_log"] * 2,
        *["classify_log", "regress_log"],
        *["predict_log", "classify_log", "regress_log", "multi_inference_log"],
    ]
    assert {record.log_metadata.model_spec.version.value for record in records} == {7}
    over_rest, over_grpc = records[0].predict_log, records[4].predict_log
    assert over_rest.response.outputs["y"].tensor_shape.dim[0].size == 2
    assert list(over_grpc.response.outputs["y"].float_val) == [1.5, 2.5]
    assert records[2].classify_log.response == records[5].classify_log.response
    rows = records[1].predict_log.request.inputs
    assert list(rows["count"].tensor_content) == [0] * 8
    assert list(rows["text"].string_val) == [b"Ada"], "it was not asked to be redacted"
    rest = [record for index, record in enumerate(records) if index != 1]
    assert not any(b"Ada" in record.SerializeToString() for record in rest)

    # Five records fill a file, the others are in the next one; either warms a version up.
    assert len(files) == 2
    extra = tmp_path / "m" / "7" / "assets.extra"
    extra.mkdir()
    for file, count in zip(files, (5, 3), strict=True):
        file.replace(extra / "tf_serving_warmup_requests")
        warm = start()
        assert f"replayed {count} warm-up requests" in warm.log_path.read_text()
        warm.stop()


@pytest.mark.conformance("better.request_log_full")
def test_a_full_disk_costs_records_but_no_answer(start, tmp_path):
    server = start()
    # From here on no file may grow beyond 64 KiB, which the system reports as a full disk is.
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (FILE_LIMIT, hard))
    large = {"amount": 1.5, "count": [2], "text": "x" * FILE_LIMIT}
    for _ in range(5):
        answer = post(server, "predict", signature_name="serving_rows", instances=[large])
        assert json.loads(answer.content)["predictions"][0]["total"] == 3.0
    wait_until(lambda: logged(server) == {"UNAVAILABLE": 5})
    said = server.log_path.read_text()
    assert said.count("the request log of m loses records: [Errno 27] File too large") == 1
    assert not list((tmp_path / "logs").glob("*.tfrecord"))

    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))

    def is_logged_again():
        post(server, "predict", instances=[1.0])
        return "OK" in logged(server)

    wait_until(is_logged_again)
    counts = logged(server)
    lost = int(counts["UNAVAILABLE"])
    assert f"is written again; {lost} records were lost" in server.log_path.read_text()
    server.stop()
    records, _ = read_logs(tmp_path / "logs")
    assert len(records) >= counts["OK"]
    assert all(len(record.SerializeToString()) < FILE_LIMIT for record in records)


@pytest.mark.conformance("better.request_log_crash")
def test_what_a_killed_server_logged_is_kept_by_the_next_one(start, tmp_path):
    server = start()
    post(server, "predict", instances=[1.0])
    wait_until(lambda: logged(server) == {"OK": 1})
    (left,) = (tmp_path / "logs").glob("*.open")
    server._process.kill()
    server.stop()
    with left.open("ab") as file:
        file.write(b"torn")
    start().stop()
    records, (kept,) = read_logs(tmp_path / "logs")
    assert len(records) == 1
    assert f"{kept} was left unfinished" in (tmp_path / "server.log").read_text()
