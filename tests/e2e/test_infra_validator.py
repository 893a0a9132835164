"""InfraValidator's executor on real models, with the real server and real clients."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from candidates import (
    Model,
    execute,
    rows_of,
    save,
    save_with_another_signature,
    save_without_its_op,
    write_data,
)

from components.gates import read_verdict
from components.infra_validator.errors import InfraValidationError
from components.splits import NoSuchSplitError

TESTS = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path):
    write_data(tmp_path)
    return tmp_path


def assert_not_blessed(blessing):
    assert blessing.get_int_custom_property("blessed") == 0
    assert (Path(blessing.uri) / "INFRA_NOT_BLESSED").exists()
    assert not (Path(blessing.uri) / "INFRA_BLESSED").exists()
    assert not read_verdict(blessing.uri).passed


def test_a_good_model_is_blessed(folder):
    save(Model(), folder)
    blessing = execute(folder)

    verdict = read_verdict(blessing.uri)
    assert verdict.passed, verdict
    assert blessing.get_int_custom_property("blessed") == 1
    assert (Path(blessing.uri) / "INFRA_BLESSED").exists()
    assert (Path(blessing.uri) / "server.log").stat().st_size > 0
    rows = rows_of(blessing)
    assert rows["serving_rows, gRPC: predictions"] == ("ok", "6 each")
    assert rows["REST: version"] == ("ok", "version 1 is AVAILABLE")
    assert not list((folder / "tmp" / "1").iterdir())


def test_a_model_without_rows_is_asked_without_rows(folder):
    save(Model(), folder, rows=False)
    rows = rows_of(execute(folder))
    assert {result for result, _ in rows.values()} == {"ok"}
    assert not [name for name in rows if name.startswith("serving_rows")]


@pytest.mark.parametrize("damage", ["not a SavedModel", "no variables"])
def test_a_model_that_does_not_load_is_a_verdict_with_the_servers_message(folder, damage):
    save(Model(), folder)
    saved_model = folder / "model" / "Format-Serving"
    if damage == "not a SavedModel":
        (saved_model / "saved_model.pb").write_bytes(b"\xff not a graph")
    else:
        (saved_model / "variables" / "variables.index").unlink()

    blessing = execute(folder)

    assert_not_blessed(blessing)
    result, detail = rows_of(blessing)["load"]
    assert result == "failed"
    assert "ended before it served the model" in detail
    assert str(folder / "blessing" / "server.log") in detail
    assert read_verdict(blessing.uri).headline.startswith("taxi did not pass")


def test_a_model_with_an_operation_that_no_server_has_is_not_blessed(folder):
    save_without_its_op(folder)
    blessing = execute(folder)
    assert_not_blessed(blessing)
    assert "ParseOurExample" in rows_of(blessing)["load"][1]


def test_a_model_without_the_signature_that_clients_call_is_not_blessed(folder):
    save_with_another_signature(folder)
    blessing = execute(folder)
    assert_not_blessed(blessing)
    rows = rows_of(blessing)
    assert rows["serving_default: exists"] == ("failed", "has predict")
    assert rows["serving_default, REST: status"][0] == "failed"


def test_a_model_that_returns_nan_is_not_blessed(folder):
    save(Model(factor=float("nan")), folder)
    blessing = execute(folder)
    assert_not_blessed(blessing)
    for where in ("serving_default, REST", "serving_rows, gRPC"):
        result, detail = rows_of(blessing)[f"{where}: finite numbers"]
        assert (result, detail.startswith("NaN or infinity: score has")) == ("failed", True)


def test_a_model_that_loses_examples_is_not_blessed(folder):
    save(Model(batch=1), folder)
    blessing = execute(folder)
    assert_not_blessed(blessing)
    assert rows_of(blessing)["serving_default, REST: predictions"] == (
        "failed",
        "score has 1 for 6 examples",
    )
    assert rows_of(blessing)["serving_default, gRPC: predictions"][0] != "ok"


def test_a_model_that_needs_its_label_is_not_blessed(folder):
    save(Model(needs_label=True), folder)
    blessing = execute(folder)
    assert_not_blessed(blessing)
    result, detail = rows_of(blessing)["serving_default, REST: status"]
    assert result == "failed"
    assert "tips" in detail


def test_a_model_that_takes_its_label_as_a_row_input_is_not_blessed(folder):
    save(Model(), folder)
    blessing = execute(folder, label="fare")
    assert rows_of(blessing)["serving_rows: inputs"] == (
        "failed",
        "not features of a request: fare",
    )
    assert_not_blessed(blessing)


def test_a_model_that_is_too_slow_is_not_blessed(folder):
    save(Model(), folder)
    blessing = execute(folder, max_latency_ms=0.0)
    assert_not_blessed(blessing)
    failed = [name for name, (result, _) in rows_of(blessing).items() if result == "failed"]
    assert failed == ["REST: latency", "gRPC: latency"]


def test_a_model_in_remote_storage_is_fetched(folder):
    """A URI with a scheme goes through TFX's file systems; `file://` stands for a bucket."""
    save(Model(), folder)
    blessing = execute(folder, uri_of=lambda path: f"file://{path}")
    assert blessing.get_int_custom_property("blessed") == 1
    assert (folder / "blessing" / "server.log").stat().st_size > 0


def test_an_eval_split_without_examples_is_an_error_that_names_it(folder):
    save(Model(), folder)
    (folder / "examples" / "Split-eval" / "data-00000-of-00001.gz").unlink()
    with pytest.raises(InfraValidationError, match=r"there are no examples in .*Split-eval"):
        execute(folder)


def test_examples_without_an_eval_split_are_an_error(folder):
    save(Model(), folder)
    with pytest.raises(NoSuchSplitError, match="no split 'eval'"):
        execute(folder, splits=("train",))


# Runs the real executor, but says when it has got to a place, and stays there for ever.
IN_THE_MIDDLE = f"""
import contextlib, os, pathlib, signal, sys
sys.path[:0] = [{str(TESTS.parent)!r}, {str(TESTS / "helpers")!r}]
import candidates
from components.infra_validator import executor
from serving.server.process import ServerProcess

class Terminated(Exception):
    pass

def terminate(number, frame):
    raise Terminated

def stay(*_):
    os.write(1, b"here")
    while True:
        signal.pause()

signal.signal(signal.SIGTERM, terminate)
if sys.argv[2] == "asking":
    executor.open_clients = lambda *_: contextlib.contextmanager(stay)
else:
    ServerProcess._await_ports = stay
candidates.execute(pathlib.Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("place", "number"),
    [
        ("asking", signal.SIGKILL),
        ("asking", signal.SIGTERM),
        ("starting", signal.SIGKILL),
        ("starting", signal.SIGTERM),
    ],
)
def test_no_server_outlives_the_executor(folder, place, number):
    save(Model(), folder)
    node = subprocess.Popen(
        [sys.executable, "-c", IN_THE_MIDDLE, str(folder), place],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with node:
        assert node.stdout.read(len(b"here")) == b"here"
        servers = children(node.pid)
        assert len(servers) == 1
        watch = os.pidfd_open(servers[0])
        try:
            node.send_signal(number)
            ended, _, _ = select.select([watch], [], [], 60)
        finally:
            os.close(watch)
    assert ended, f"server {servers[0]} outlived the executor"


def children(pid):
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]
