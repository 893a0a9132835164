"""Versions come and go, the server is told to stop, its parent dies: no request may notice."""

import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
from waiting import wait_until

from serving.client import NEVER, NotFoundError, connect
from serving.errors import ServerStartError
from serving.server.process import ServerProcess, server_environment

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60
# A second or so inside TensorFlow, on any machine.
LONG = 400_000


@pytest.fixture
def base(tmp_path):
    folder = tmp_path / "models" / "m"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def push(versions, base):
    """Pushes a version as a pusher does: copied beside, then renamed."""

    def push_version(number):
        copy = base / f"tmp-{number}"
        shutil.copytree(versions / str(number), copy)
        copy.rename(base / str(number))

    return push_version


@pytest.fixture
def start(base, tmp_path):
    return lambda *flags: ServerProcess("m", base, tmp_path / "server.log", flags=flags)


def wait_for_end(pid):
    descriptor = os.pidfd_open(pid)
    try:
        ended = select.select([descriptor], [], [], PATIENCE_S)[0]
        if not ended:
            os.kill(pid, signal.SIGKILL)
        assert ended
    finally:
        os.close(descriptor)


class Asker(threading.Thread):
    """Asks without a pause, and notes which version answered."""

    def __init__(self, address, protocol):
        super().__init__()
        self.address = address
        self.protocol = protocol
        self.answers = []
        self.error = None
        self.enough = threading.Event()

    def run(self):
        try:
            with connect(self.address, "m", self.protocol, retries=NEVER) as client:
                while not self.enough.is_set():
                    answer = client.predict([{"turns": 1}], "serving_default")
                    self.answers += answer["version"]
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error

    def has_seen(self, version):
        return self.error is not None or version in self.answers[-1:]


@pytest.mark.conformance("life.no_loss")
def test_no_request_fails_while_versions_change(push, start):
    push(1)
    with start() as server:
        addresses = [(server.rest_address, "rest")] * 2 + [(server.grpc_address, "grpc")] * 2
        askers = [Asker(*address) for address in addresses]
        for asker in askers:
            asker.start()
        try:
            for version in (1, 2, 3):
                if version > 1:
                    push(version)
                wait_until(lambda v=version: all(asker.has_seen(v) for asker in askers))
        finally:
            for asker in askers:
                asker.enough.set()
                asker.join()
        assert [asker.error for asker in askers] == [None] * 4
        for asker in askers:
            assert sorted(asker.answers) == asker.answers
            assert set(asker.answers) == {1, 2, 3}
        with connect(server.rest_address, "m") as client:
            states = {status.version: status.state for status in client.status()}
            assert states == {3: "AVAILABLE", 2: "END", 1: "END"}


def test_a_broken_version_keeps_the_old_one_serving(push, start, base):
    push(1)
    with start() as server, connect(server.rest_address, "m") as client:
        (base / "2").mkdir()
        (base / "2" / "saved_model.pb").write_bytes(b"not a model")
        wait_until(lambda: client.status()[0].version == 2 and client.status()[0].error)
        assert [status.state for status in client.status()] == ["END", "AVAILABLE"]
        assert client.predict([{"turns": 1}], "serving_default") == {"version": [1]}
        push(3)
        wait_until(lambda: client.status()[0].state == "AVAILABLE")
        assert client.predict([{"turns": 1}], "serving_default") == {"version": [3]}


@pytest.mark.conformance("cli.port", "cli.max_num_load_retries", "life.states")
def test_a_version_that_appears_half_written_is_served_once_it_is_whole(
    push, start, base, versions
):
    push(1)
    whole, half = versions / "2", base / "2"
    data = "variables/variables.data-00000-of-00001"

    def copy(name, share=1.0):
        content = (whole / name).read_bytes()
        (half / name).write_bytes(content[: int(len(content) * share)])

    flags = ("--port=0", "--max_num_load_retries=1000", "--load_retry_interval_micros=100000")
    with start(*flags) as server, connect(server.rest_address, "m") as client:
        check_listens_for_rest_alone(server)

        def old_version_answers_and_the_new_one_says(text):
            def says():
                newest = client.status()[0]
                return newest.version == 2 and newest.error and text in newest.error.message

            wait_until(says)
            assert client.predict([{"turns": 1}], "serving_default") == {"version": [1]}

        half.mkdir()
        old_version_answers_and_the_new_one_says("Could not find SavedModel .pb")
        copy("saved_model.pb", 0.5)
        old_version_answers_and_the_new_one_says("Error parsing message")
        copy("saved_model.pb")
        old_version_answers_and_the_new_one_says("not a valid checkpoint")
        (half / "variables").mkdir()
        copy(data, 0.5)
        copy("variables/variables.index")
        old_version_answers_and_the_new_one_says("Read less bytes than requested")
        copy(data)
        wait_until(lambda: client.status()[0].state == "AVAILABLE")
        assert client.predict([{"turns": 1}], "serving_default") == {"version": [2]}


def check_listens_for_rest_alone(server):
    assert server.grpc_port == 0
    sockets = psutil.Process(server.pid).net_connections("tcp")
    ports = [its.laddr.port for its in sockets if its.status == psutil.CONN_LISTEN]
    assert ports == [server.rest_port]


@pytest.mark.conformance("start.waiting", "start.order", "better.probes")
def test_a_base_path_without_versions_is_waited_for(push, start, base):
    server = start()
    with ThreadPoolExecutor() as pool:
        starting = pool.submit(server.start)
        wait_until(lambda: server.log_path.exists() and b"no versions" in _log(server))
        assert not starting.done()
        push(1)
        starting.result(PATIENCE_S)
    try:
        with connect(server.grpc_address, "m", "grpc") as client:
            assert client.predict([{"turns": 1}], "serving_default") == {"version": [1]}
        assert _is_ready(server)
        (base / "1").rename(base / "away")
        wait_until(lambda: not _is_ready(server))
        push(2)
        wait_until(lambda: _is_ready(server))
    finally:
        server.stop()


def _is_ready(server):
    answer = httpx.get(f"http://{server.rest_address}/readyz", trust_env=False)
    assert answer.status_code in (200, 503)
    return answer.status_code == 200


def _log(server):
    return server.log_path.read_bytes()


@pytest.mark.conformance("start.broken")
def test_a_model_that_cannot_be_loaded_fails_the_start_with_its_cause(start, base):
    (base / "1").mkdir()
    server = start()
    with pytest.raises(ServerStartError, match=r"Could not find SavedModel \.pb at"):
        server.start()
    assert server.pid == 0


def test_a_stop_lets_running_requests_finish(push, start):
    push(1)
    server = start()
    server.start()
    pid = server.pid
    with (
        connect(server.grpc_address, "m", "grpc", retries=NEVER) as client,
        connect(server.rest_address, "m") as other,
        ThreadPoolExecutor() as pool,
        socket.create_connection(("127.0.0.1", server.rest_port)) as plain,
    ):
        client.predict([{"turns": 1}], "serving_default")
        over_grpc = pool.submit(client.predict, [{"turns": LONG}], "serving_default")
        body = b'{"instances": [%d]}' % LONG
        head = b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        plain.sendall(head % len(body) + body)
        # What was sent before has arrived when the server answers this, on both ports.
        other.status()
        client.status()
        assert not over_grpc.done()
        assert not select.select([plain], [], [], 0)[0]
        stopping = pool.submit(server.stop)
        assert over_grpc.result(PATIENCE_S) == {"version": [1]}
        answer = b"".join(iter(lambda: plain.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 200")
        assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"predictions": [1]}
        stopping.result(PATIENCE_S)
    assert b"Stopped." in _log(server)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.conformance("cli.unknown")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_with_status_0_even_before_it_serves(base, number):
    command = [sys.executable, "-m", "serving.server", "--model_name=m", "--nonsense"]
    command += [f"--model_base_path={base}", "--bind_address=127.0.0.1", "--port=-1"]
    with subprocess.Popen(
        command, env=server_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        lines = iter(process.stdout.readline, b"")
        assert next(lines) == b"unknown argument: --nonsense\n"
        next(line for line in lines if b"no versions of m" in line)
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 0


def test_the_server_ends_when_its_parent_is_killed(push, base, tmp_path):
    push(1)
    parent_code = (
        "import sys, pathlib; from serving.server.process import ServerProcess\n"
        "server = ServerProcess('m', pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))\n"
        "server.start()\n"
        "print(server.pid, flush=True)\n"
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", parent_code, str(base), str(tmp_path / "server.log")]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        pid = int(parent.stdout.readline())
        os.kill(pid, 0)
        parent.kill()
        wait_for_end(pid)


@pytest.mark.conformance("start.log")
def test_the_serve_command_serves_the_only_model_of_the_store(push, base):
    push(1)
    command = [
        sys.executable,
        "-c",
        "import sys; from pipeline.cli.main import main; sys.exit(main())",
    ]
    command += ["serve", "--model-store", str(base.parent), "--port=-1", "--rest-port=-1"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        lines = iter(process.stderr.readline, "")
        assert next(lines).startswith(f"Serving m from {base}")
        announced = next(line for line in lines if "Exporting HTTP/REST API at:" in line)
        port = int(re.search(r"at:localhost:(\d+) ", announced)[1])
        with connect(f"127.0.0.1:{port}", "m") as client:
            assert client.predict([{"turns": 1}], "serving_default") == {"version": [1]}
            with pytest.raises(NotFoundError):
                connect(f"127.0.0.1:{port}", "n").status()
        process.terminate()
        process.stderr.read()
        assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize(
    ("models", "arguments", "message"),
    [
        ([], [], "there is no model in"),
        (["a", "b"], [], "name the model to serve"),
        (["a", "b"], ["c"], "there is no model c in"),
        (["a"], ["--port=5", "--rest-port=5"], "choose two ports"),
    ],
)
def test_the_serve_command_says_what_is_there(tmp_path, capfd, models, arguments, message):
    from pipeline.cli.main import main

    for model in models:
        (tmp_path / "models" / model / "1").mkdir(parents=True)
    assert main(["serve", "--home", str(tmp_path), *arguments]) == 2
    assert message in capfd.readouterr().err


def test_the_serve_command_names_the_port_that_is_taken(tmp_path, capfd):
    from pipeline.cli.main import main

    (tmp_path / "models" / "a" / "1").mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--home", str(tmp_path), f"--rest-port={port}"]) == 2
    assert f"cannot listen on 127.0.0.1:{port}" in capfd.readouterr().err
