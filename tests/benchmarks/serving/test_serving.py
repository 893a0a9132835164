"""The model server beside what people would use instead in Python, on the taxi model, in one run.

Prints requests per second, the server's processor time for each, latencies, and ratios, and what
the server takes to start and while it is idle; asserts only that all gave the same answer. The load
comes from a process of its own: where it and the server share few cores, the processor time says
more than the rate. `make bench` runs it; by itself
it takes six minutes with all peers:

    pytest --capture=no tests/benchmarks/serving

Peers that this repository does not need are installed beside it:

    uv venv PEERS && uv pip install --python PEERS/bin/python tensorflow-cpu==2.21.* \
        fastapi uvicorn grpcio mlflow 'ray[serve]'
    TIDEMILL_BENCH_PEERS=PEERS/bin/python make bench

TIDEMILL_BENCH_HOME names a home (`--home`) in which the taxi pipeline has run already,
TIDEMILL_BENCH_ONLY=fastapi,mlflow some of the peers (`keras` is FastAPI around the
Keras model, `fastapi` around the SavedModel), TIDEMILL_BENCH_SECONDS how long a load lasts.
"""

import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest

from serving.client import connect
from serving.client.messages import message_class
from serving.client.tensor_format import fill_tensor, rows_to_columns
from serving.server.process import ServerProcess

HERE = Path(__file__).parent
PROJECT = HERE.parents[2]
SIGNATURE = "serving_rows"
ROW = {
    "pickup_community_area": 8, "fare": 12.5, "trip_start_month": 5, "trip_start_hour": 18,
    "trip_start_day": 3, "trip_miles": 2.5, "payment_type": "Credit Card",
    "company": "Taxi Affiliation Services", "trip_seconds": 600.0, "dropoff_community_area": 32.0,
}  # fmt: skip
SECONDS = float(os.environ.get("TIDEMILL_BENCH_SECONDS", "1"))
ROUNDS = 3
IDLE_SECONDS = 10
CONNECTIONS = (1, 8, 64)
BATCHES = (1, 64)
PATIENCE_S = 180
OURS = ("Tidemill REST", "Tidemill gRPC")
PEERS_PYTHON = os.environ.get("TIDEMILL_BENCH_PEERS")
CHOSEN = set(
    os.environ.get("TIDEMILL_BENCH_ONLY", "keras,fastapi,mlflow,ray").split(",")
    if PEERS_PYTHON
    else ()
)
IN_PROCESS = """
import sys, time
from pathlib import Path
from serving.server import loading
loading._import_tensorflow()
import numpy as np
from serving.server.servable import ServableModel
from serving.client.tensor_format import rows_to_columns
import json
model = ServableModel(Path(sys.argv[1]))
signature = model.signatures["serving_rows"]
for batch in (1, 64):
    inputs = rows_to_columns([json.loads(sys.argv[2])] * batch, signature.inputs)
    for _ in range(200):
        model.run(signature, inputs)
    count, began, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < float(sys.argv[3]):
        model.run(signature, inputs)
        count += 1
    took, spent = time.perf_counter() - began, time.process_time() - cpu
    print(json.dumps({"batch": batch, "rate": count / took, "cpu_us": spent / count * 1e6}))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home in which the taxi model was pushed."""
    home = Path(os.environ.get("TIDEMILL_BENCH_HOME") or tmp_path_factory.mktemp("home"))
    if not (home / "models" / "taxi").is_dir():
        run = ["-m", "pipeline.cli", "run", str(PROJECT / "examples" / "taxi"), "--home", str(home)]
        subprocess.run([sys.executable, *run], cwd=PROJECT, check=True)
    return home


@pytest.fixture(scope="module")
def version(home):
    """The folder of the SavedModel that was pushed last."""
    return max((home / "models/taxi").glob("[0-9]*/"), key=lambda path: int(path.name))


@pytest.fixture(scope="module")
def models(home, version):
    """The folder of the SavedModel that was pushed last, and the file of its Keras model."""
    files = (home / "artifacts/taxi/Trainer/model").glob("*/model.keras")
    return version, max(files, key=lambda path: int(path.parent.name))


@dataclass(frozen=True)
class Server:
    """What is measured: a process, and the requests that it understands."""

    name: str
    pid: int
    protocol: str
    address: str
    target: str
    body_of: Callable[[int], bytes]


def measure(servers, folder):
    """Puts each server under each load, several times: the medians.

    They take turns, so that all meet the same machine.
    """
    rows = []
    for batch, connections in itertools.product(BATCHES, CONNECTIONS):
        found = [
            [load(server, server.body_of(batch), connections, folder) for server in servers]
            for _ in range(ROUNDS)
        ]
        for server, loads in zip(servers, zip(*found, strict=True), strict=True):
            medians = {key: statistics.median(its[key] for its in loads) for key in loads[0]}
            row = {"name": server.name, "batch": batch, "connections": connections, **medians}
            rows.append(row)
            say(line_of(row))
    return rows


def load(server, body, connections, folder):
    """Rates and latencies of one kind of request under one load."""
    file = folder / "body"
    file.write_bytes(body)
    target = (server.protocol, server.address, server.target)
    arguments = map(str, (*target, file, connections, SECONDS, server.pid))
    command = [sys.executable, HERE / "load.py", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(done.stdout)
    return {
        "rate": result["requests"] / result["seconds"],
        "cpu_us": result["cpu_seconds"] / result["requests"] * 1e6,
        "p50": result["p50"] * 1000,
        "p99": result["p99"] * 1000,
    }


@contextmanager
def peer(name, models, folder, python):
    """One of peers.py as a process, once it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = (folder / f"{name}.log").open("wb")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": ""}
    # MLflow's command is found beside the interpreter.
    environment["PATH"] = f"{Path(python).parent}{os.pathsep}{environment['PATH']}"
    command = [python, HERE / "peers.py", name, str(port), *map(str, models)]
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment)
    try:
        wait_for(port, process, log.name)
        yield process.pid, f"127.0.0.1:{port}"
    finally:
        family = [process, *psutil.Process(process.pid).children(recursive=True)]
        for member in family:
            member.terminate()
        process.wait()
        log.close()


def wait_for(port, process, log):
    """Waits until a peer listens; polls, because peers do not say so."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(Path(log).read_text()[-3000:])


def first_answer(address, path, body):
    """The answer to a request, once the peer has loaded its model."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        answer = httpx.post(
            f"http://{address}{path}",
            content=body,
            trust_env=False,
            timeout=60,
            headers={"Content-Type": "application/json"},
        )
        if answer.status_code == 200 or time.monotonic() > deadline:
            return answer.raise_for_status().json()
        time.sleep(0.5)


def grpc_body(client, batch):
    inputs = client.metadata().signature(SIGNATURE).inputs
    request = message_class("PredictRequest")()
    request.model_spec.name = "taxi"
    request.model_spec.signature_name = SIGNATURE
    for alias, array in rows_to_columns([ROW] * batch, inputs).items():
        fill_tensor(request.inputs[alias], array, inputs[alias].dtype)
    return request.SerializeToString()


@contextmanager
def ours(version, folder):
    """The server; gives what is to be measured, the answer for the row, and gRPC's bodies."""

    def rest_body(batch):
        return json.dumps({"signature_name": SIGNATURE, "instances": [ROW] * batch}).encode()

    with ServerProcess("taxi", version.parent, folder / "server.log") as process:
        with connect(process.grpc_address, "taxi", "grpc") as client:
            bodies = {batch: grpc_body(client, batch) for batch in BATCHES}
            answer = client.predict([ROW])
        rest = ("rest", process.rest_address, "/v1/models/taxi:predict", rest_body)
        method = "/tensorflow.serving.PredictionService/Predict"
        grpc = ("grpc", process.grpc_address, method, bodies.__getitem__)
        servers = [Server(OURS[0], process.pid, *rest), Server(OURS[1], process.pid, *grpc)]
        yield servers, answer, bodies


@contextmanager
def rest_peer(name, models, folder, answer):
    """One of `PEERS`, once it has given the same answer."""
    path, body_of, outputs_of = PEERS[name]

    def body(batch):
        return json.dumps(body_of(batch)).encode()

    with peer(name, models, folder, PEERS_PYTHON) as (pid, address):
        theirs = outputs_of(first_answer(address, path, body(1)))
        found, expected = theirs["probabilities"], answer["probabilities"]
        np.testing.assert_allclose(found, expected, rtol=1e-4)
        yield Server(name, pid, "rest", address, path, body)


# What every training example has, although the model does not look at it: Transform asks for it.
UNUSED = {
    "pickup_latitude": 41.9, "pickup_longitude": -87.6, "trip_start_timestamp": 1400000000,
    "tips": 0.0,
}  # fmt: skip
FASTAPI = ("/predict", lambda batch: {"instances": [ROW] * batch}, lambda answer: answer)
PEERS = {
    "keras": (
        "/predict",
        lambda batch: {"instances": [{**ROW, **UNUSED}] * batch},
        lambda answer: answer,
    ),
    "fastapi": FASTAPI,
    "mlflow": (
        "/invocations",
        lambda batch: {"dataframe_records": [ROW] * batch},
        lambda answer: answer["predictions"],
    ),
    "ray": FASTAPI,
}


def test_serving_beside_its_peers(models, tmp_path):
    heads = f"{'batch':>6}{'conns':>6}{'req/s':>9}{'CPU us/req':>12}{'p50 ms':>9}{'p99 ms':>9}"
    say(f"\n{'':<16}{heads}")
    with ExitStack() as stack:
        servers, answer, bodies = stack.enter_context(ours(models[0], tmp_path))
        echo = stack.enter_context(peer("echo", models, tmp_path, sys.executable))
        body_of = bodies.__getitem__
        servers.append(Server("grpcio echo", echo[0], "grpc", echo[1], "/any/Method", body_of))
        for name in CHOSEN - {"ray"}:
            servers.append(stack.enter_context(rest_peer(name, models, tmp_path, answer)))
        rows = measure(servers, tmp_path)
    # By itself: its many processes are never idle.
    for name in CHOSEN & {"ray"}:
        with rest_peer(name, models, tmp_path, answer) as server:
            rows += measure([server], tmp_path)
    for row in in_process(models[0]):
        rows.append(row)
        say(line_of(row))
    for line in ratios(rows):
        say(line)


def test_start_and_idle(version, tmp_path):
    """How long until the model is available, and what a server takes that nobody asks."""
    began = time.perf_counter()
    with ServerProcess("taxi", version.parent, tmp_path / "server.log") as server:
        process = psutil.Process(server.pid)
        with httpx.Client(base_url=f"http://{server.rest_address}", trust_env=False) as http:
            status = http.get("/v1/models/taxi").json()["model_version_status"][0]
        took, start_cpu = time.perf_counter() - began, cpu_seconds(process)
        assert status["state"] == "AVAILABLE"
        megabytes = process.memory_info().rss / 2**20
        began = time.perf_counter()
        time.sleep(IDLE_SECONDS)
        idle_cpu, idle = cpu_seconds(process) - start_cpu, time.perf_counter() - began
    say(f"\nstart to AVAILABLE: {took:.1f} s, {start_cpu:.1f} CPU-s, {megabytes:.0f} MiB")
    say(f"idle: {idle_cpu / idle:.2%} of a processor over {idle:.0f} s")


def cpu_seconds(process):
    times = process.cpu_times()
    return times.user + times.system


def in_process(version):
    command = [sys.executable, "-c", IN_PROCESS, str(version), json.dumps(ROW), str(SECONDS)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return [
        {"name": "in process", "connections": 1, **json.loads(line)}
        for line in done.stdout.splitlines()
    ]


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def line_of(row):
    start = f"{row['name']:<16}{row['batch']:>6}{row['connections']:>6}{row['rate']:>9.0f}"
    return f"{start}{row['cpu_us']:>12.0f}{row.get('p50', 0):>9.2f}{row.get('p99', 0):>9.2f}"


def ratios(rows):
    """What was aimed at: REST against the peers, gRPC against grpcio's echo, p99 against p50."""
    found = {(r["name"], r["batch"], r["connections"]): r for r in rows}
    for batch in BATCHES:
        model = found[("in process", batch, 1)]["cpu_us"]
        for connections in CONNECTIONS:
            load = (batch, connections)
            rest, grpc, echo = (found[(name, *load)] for name in (*OURS, "grpcio echo"))
            # An echo that ran the model too, and did nothing else.
            most = echo["cpu_us"] / (echo["cpu_us"] + model)
            parts = [f"gRPC {_against(grpc, echo)} of echo, {most:.2f} with the model's run alone"]
            parts += [
                f"REST {_against(rest, found[(name, *load)])} of {name}"
                for name in PEERS
                if (name, *load) in found
            ]
            spreads = (f"{row['p99'] / row['p50']:.1f}" for row in (rest, grpc, echo))
            parts.append("p99/p50 {} REST, {} gRPC, {} echo".format(*spreads))
            yield f"batch {batch}, connections {connections}: {'; '.join(parts)}"


def _against(one, other):
    return f"{one['rate'] / other['rate']:.2f} ({other['cpu_us'] / one['cpu_us']:.2f} by CPU)"
