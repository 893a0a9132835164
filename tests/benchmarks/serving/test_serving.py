"""The model server beside what people would use instead in Python, on the taxi model, in one run.

Prints requests per second, requests per CPU-second of the server, and latencies; asserts only that
all gave the same answer. The load comes from a process of its own. `make bench` runs it; peers that
this repository does not need are installed beside it:

    uv venv PEERS && uv pip install --python PEERS/bin/python tensorflow-cpu==2.21.* \
        fastapi uvicorn grpcio mlflow 'ray[serve]'
    TIDEMILL_BENCH_PEERS=PEERS/bin/python make bench

TIDEMILL_BENCH_HOME names a home (`--home`) in which the taxi pipeline has run already.
"""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
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
SECONDS = float(os.environ.get("TIDEMILL_BENCH_SECONDS", "2"))
CONNECTIONS = (1, 8, 64)
BATCHES = (1, 64)
PATIENCE_S = 180
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
    print(json.dumps({"batch": batch, "rate": count / took, "per_cpu": count / spent}))
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A model store with the taxi model."""
    home = Path(os.environ.get("TIDEMILL_BENCH_HOME") or tmp_path_factory.mktemp("home"))
    if not (home / "models" / "taxi").is_dir():
        run = ["-m", "pipeline.cli", "run", str(PROJECT / "examples" / "taxi"), "--home", str(home)]
        subprocess.run([sys.executable, *run], cwd=PROJECT, check=True)
    return home / "models"


def cpu_seconds(pid):
    process = psutil.Process(pid)
    times = [p.cpu_times() for p in [process, *process.children(recursive=True)]]
    return sum(t.user + t.system for t in times)


def load(pid, protocol, address, target, body, connections, folder):
    """Rates and latencies of one kind of request under one load."""
    file = folder / "body"
    file.write_bytes(body)
    arguments = [protocol, address, target, str(file), str(connections), str(SECONDS)]
    before = cpu_seconds(pid)
    done = subprocess.run(
        [sys.executable, HERE / "load.py", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(done.stdout)
    # A request of the load's warm-up took as much as one that was measured.
    share = result["requests"] / (result["requests"] + result["warm_up"])
    spent = (cpu_seconds(pid) - before) * share
    return {
        "rate": result["requests"] / result["seconds"],
        "per_cpu": result["requests"] / max(spent, 0.001),
        "p50": result["p50"] * 1000,
        "p99": result["p99"] * 1000,
    }


def measure(rows, name, pid, protocol, address, target, body_of, folder):
    for batch in BATCHES:
        for connections in CONNECTIONS:
            body = body_of(batch)
            found = load(pid, protocol, address, target, body, connections, folder)
            rows.append({"name": name, "batch": batch, "connections": connections, **found})
            say(line_of(rows[-1]))


@contextmanager
def peer(name, model, folder, python):
    """One of peers.py as a process, once it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = (folder / f"{name}.log").open("wb")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": ""}
    # MLflow's command is found beside the interpreter.
    environment["PATH"] = f"{Path(python).parent}{os.pathsep}{environment['PATH']}"
    command = [python, HERE / "peers.py", name, str(port), str(model)]
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


def ours(rows, store, folder):
    """Measures the server; returns its answer for the row, and the bodies of gRPC requests."""

    def rest_body(batch):
        return json.dumps({"signature_name": SIGNATURE, "instances": [ROW] * batch}).encode()

    with ServerProcess("taxi", store / "taxi", folder / "server.log") as server:
        with connect(server.grpc_address, "taxi", "grpc") as client:
            bodies = {batch: grpc_body(client, batch) for batch in BATCHES}
            answer = client.predict([ROW])
        path = "/v1/models/taxi:predict"
        measure(
            rows, "Tidemill REST", server.pid, "rest", server.rest_address, path, rest_body, folder
        )
        method = "/tensorflow.serving.PredictionService/Predict"
        measure(
            rows,
            "Tidemill gRPC",
            server.pid,
            "grpc",
            server.grpc_address,
            method,
            bodies.__getitem__,
            folder,
        )
    return answer, bodies


PEERS = {
    "fastapi": ("/predict", lambda batch: {"instances": [ROW] * batch}, lambda answer: answer),
    "mlflow": (
        "/invocations",
        lambda batch: {"dataframe_records": [ROW] * batch},
        lambda answer: answer["predictions"],
    ),
    "ray": ("/predict", lambda batch: {"instances": [ROW] * batch}, lambda answer: answer),
}


def test_serving_beside_its_peers(store, tmp_path):
    rows = []
    heads = f"{'batch':>6}{'conns':>6}{'req/s':>9}{'req/CPU-s':>11}{'p50 ms':>9}{'p99 ms':>9}"
    say(f"\n{'':<16}{heads}")
    version = max((store / "taxi").glob("[0-9]*/"), key=lambda path: int(path.name))
    answer, bodies = ours(rows, store, tmp_path)
    with peer("echo", version, tmp_path, sys.executable) as (pid, address):
        measure(
            rows, "grpcio echo", pid, "grpc", address, "/any/Method", bodies.__getitem__, tmp_path
        )
    python = os.environ.get("TIDEMILL_BENCH_PEERS")
    chosen = os.environ.get("TIDEMILL_BENCH_ONLY", "fastapi,mlflow,ray").split(",")
    for name in chosen if python else ():
        path, body_of, outputs_of = PEERS[name]
        with peer(name, version, tmp_path, python) as (pid, address):
            theirs = outputs_of(first_answer(address, path, json.dumps(body_of(1)).encode()))
            found = theirs["probabilities"]
            np.testing.assert_allclose(found, answer["probabilities"], rtol=1e-4)
            measure(
                rows,
                name,
                pid,
                "rest",
                address,
                path,
                lambda batch, body_of=body_of: json.dumps(body_of(batch)).encode(),
                tmp_path,
            )
    for row in [*in_process(version), *ratios(rows)]:
        say(row if isinstance(row, str) else line_of(row))


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
    return f"{start}{row['per_cpu']:>11.0f}{row.get('p50', 0):>9.2f}{row.get('p99', 0):>9.2f}"


def ratios(rows):
    """What was aimed at: REST against the peers, gRPC against grpcio's echo, p99 against p50."""
    found = {(r["name"], r["batch"], r["connections"]): r for r in rows}
    for batch in BATCHES:
        for connections in CONNECTIONS:
            load = (batch, connections)
            rest, grpc = found[("Tidemill REST", *load)], found[("Tidemill gRPC", *load)]
            parts = [f"gRPC {_against(grpc, found[('grpcio echo', *load)])} of echo"]
            parts += [
                f"REST {_against(rest, found[(name, *load)])} of {name}"
                for name in PEERS
                if (name, *load) in found
            ]
            spreads = [f"{row['p99'] / row['p50']:.1f}" for row in (rest, grpc)]
            parts.append(f"p99/p50 {spreads[0]} REST, {spreads[1]} gRPC")
            yield f"batch {batch}, connections {connections}: {'; '.join(parts)}"


def _against(one, other):
    return f"{one['rate'] / other['rate']:.2f} ({one['per_cpu'] / other['per_cpu']:.2f} by CPU)"
