"""Runs that are stopped, killed or broken: they end cleanly, say why, and the next one goes on."""

import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
import pytest

PENGUIN = Path(__file__).resolve().parents[2] / "examples" / "penguin"
# Trains until it is stopped.
ENDLESS = ("trainer.epochs=1000000", "trainer.patience=1000000")
ENDING_SECONDS = 60
BROKEN = '''\
"""Training that fails."""


def run_fn(fn_args):
    raise RuntimeError("station 7 sent no penguins\\nand these are the details")
'''


@pytest.fixture
def training(penguin):
    """A run in the midst of an endless training."""
    with penguin.tidemill.start(PENGUIN, *ENDLESS) as running:
        log = Path(running.await_event("Trainer", "running")["log"])
        running.await_true(lambda: log.exists() and "Epoch 3/" in log.read_text())
        yield running


@pytest.fixture
def loading(penguin):
    """A run whose Trainer is not in the cache, while the libraries to execute it are loading."""
    with penguin.tidemill.start(PENGUIN, *ENDLESS) as running:
        log = Path(running.await_event("Trainer", "running")["log"])
        running.await_true((log.parents[1] / "results" / "Trainer.json").exists)
        yield running


def assert_gone(processes):
    """Waits for the end of processes; one that nobody collected has ended too."""
    assert processes
    _, alive = psutil.wait_procs(processes, ENDING_SECONDS)
    assert [p for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []


def full_worker(running):
    (worker,) = [
        child
        for child in psutil.Process(running.process.pid).children()
        if "pipeline.local.worker" in child.cmdline() and "--lean" not in child.cmdline()
    ]
    return worker


def model_servers(running):
    return [p for p in running.descendants() if "serving.server" in _command_line(p)]


def _command_line(process):
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def assert_recorded_as_failed(penguin, done, node):
    """ML Metadata has the node's execution as failed and no other as running."""
    executions = penguin.tidemill.executions(done.record["run_id"])
    assert executions.pop(node)[0] == "FAILED"
    assert {state for state, _ in executions.values()} == {"CACHED"}


def assert_goes_on(penguin):
    """The next run, without the endless training, is answered from the cache."""
    done = penguin.tidemill.run(PENGUIN)

    assert done.status == 0, done.stdout + done.stderr
    assert [node for node, state in done.states.items() if state != "cached"] == [
        "LatestPushedModel",
        "Pusher",
    ]
    assert done.record["pushed_version"] == penguin.record["pushed_version"]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_no_process_and_no_running_execution(penguin, training, signum):
    processes = training.descendants()
    training.process.send_signal(signum)
    done = training.finish()

    assert done.status == 130
    assert_gone(processes)
    assert done.record["outcome"] == "cancelled"
    assert done.states["Trainer"] == "cancelled"
    assert {done.states[node] for node in ("Evaluator", "Pusher")} == {"not run"}
    assert_recorded_as_failed(penguin, done, "Trainer")
    assert_goes_on(penguin)


def test_a_run_stopped_while_the_libraries_load_ends_as_cleanly(penguin, loading):
    processes = loading.descendants()
    loading.process.send_signal(signal.SIGINT)
    done = loading.finish()

    assert done.status == 130
    assert_gone(processes)
    assert done.states["Trainer"] == "cancelled"
    assert_recorded_as_failed(penguin, done, "Trainer")


def test_a_reader_that_goes_away_cancels_the_run(penguin):
    with penguin.tidemill.start(PENGUIN) as running:
        running.await_event("ExampleGen", "waiting")
        running.process.stdout.close()
        errors = running.process.stderr.read()
        status = running.process.wait()

    assert (status, errors) == (141, "")
    assert penguin.tidemill.status()[-1]["outcome"] == "cancelled"
    assert_goes_on(penguin)


def test_when_the_command_is_killed_its_processes_end_by_themselves(penguin):
    setting = "infra_validator.max_latency_ms=1234"
    with penguin.tidemill.start(PENGUIN, setting) as running:
        running.await_event("InfraValidator", "running")
        running.await_true(lambda: model_servers(running))
        processes = running.descendants()
        running.process.kill()
        assert running.finish().status == -signal.SIGKILL
        assert_gone(processes)
    lost = penguin.tidemill.status()[-1]
    left = penguin.tidemill.executions(lost["run_id"])
    shown = penguin.tidemill("status")
    again = penguin.tidemill.run(PENGUIN, setting)

    assert lost["outcome"] == "lost"
    assert left["InfraValidator"][0] == "FAILED"
    assert "lost" in shown.stdout
    assert again.status == 0, again.stdout + again.stderr
    assert again.states["InfraValidator"] == "done"
    assert again.states["Trainer"] == "cached"
    # What is left to do needs no TensorFlow in the nodes' own processes.
    assert not (penguin.tidemill.logs(again.record["run_id"]) / "worker.log").exists()


def test_a_killed_node_fails_the_run_and_says_by_what(penguin, training):
    processes = training.descendants()
    (node,) = full_worker(training).children()
    node.kill()
    done = training.finish()

    assert done.status == 1
    assert_gone(processes)
    assert done.record["outcome"] == "failed"
    assert done.states["Trainer"] == "failed"
    assert done.record["nodes"]["Trainer"]["cause"] == "killed by SIGKILL"
    assert_recorded_as_failed(penguin, done, "Trainer")
    assert_goes_on(penguin)


def test_a_killed_worker_fails_the_run_and_names_its_log(penguin, training):
    processes = training.descendants()
    full_worker(training).kill()
    done = training.finish()

    assert done.status == 1
    assert_gone(processes)
    assert done.record["outcome"] == "failed"
    assert str(penguin.tidemill.logs(done.record["run_id"]) / "worker.log") in done.stderr
    assert_recorded_as_failed(penguin, done, "Trainer")


def test_code_that_raises_is_told_in_one_line_with_the_log(penguin, tmp_path):
    folder = tmp_path / "penguin"
    shutil.copytree(PENGUIN, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "broken.py").write_text(BROKEN)
    done = penguin.tidemill.run(folder, "trainer.run_fn=broken.run_fn", options=())
    record = penguin.tidemill.status()[-1]
    log = penguin.tidemill.logs(record["run_id"]) / "Trainer.log"
    logged = penguin.tidemill("logs", "Trainer")

    cause = "RuntimeError: station 7 sent no penguins"
    assert done.status == 1
    assert f"Trainer failed: {cause}\n" in done.stdout
    assert str(log) in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert record["nodes"]["Trainer"]["cause"] == cause
    assert 'broken.py", line' in logged.stdout
    assert "and these are the details" in logged.stdout


def test_a_database_that_fails_during_a_run_is_named_with_the_fix(penguin):
    file = penguin.tidemill.home / "metadata.db"
    full = "BEFORE INSERT ON Execution BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"CREATE TRIGGER full {full}")
        done = penguin.tidemill.run(PENGUIN)
        connection.execute("DROP TRIGGER full")

    assert done.status == 1
    (cause,) = {its["cause"] for its in done.record["nodes"].values() if its["cause"]}
    assert cause == f"{file}: the disk is full; free some space and run again"
    assert "INSERT" not in done.stderr


def test_a_second_run_on_the_same_home_names_the_first(penguin):
    with penguin.tidemill.start(PENGUIN) as running:
        running.await_event("ExampleGen", "waiting")
        first = psutil.Process(running.process.pid)
        first.suspend()
        second = penguin.tidemill.run(PENGUIN)
        first.resume()

        assert running.finish().status == 0
    assert second.status == 2
    assert str(penguin.tidemill.home) in second.stderr
    assert f"process {first.pid};" in second.stderr
