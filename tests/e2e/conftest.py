"""What the end-to-end tests share: the command as a real process, and runs that many look at."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
# No test waits for a duration: these end what hangs, so that it fails instead.
LIMIT_SECONDS = 400
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[@-_]")


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def events(self):
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def record(self):
        """The record of the run, from the last line of `run --json`."""
        assert self.stdout, f"status {self.status}, no output; {self.stderr}"
        last = self.events[-1]
        assert last["event"] == "run"
        return last

    @property
    def states(self):
        return states(self.record)


class Running:
    """A command that goes on; a `with` block leaves no process of it behind."""

    def __init__(self, arguments):
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **_surroundings()
        )
        self._seen = []
        self._watchdog = threading.Timer(LIMIT_SECONDS, self._kill)

    def __enter__(self):
        self._watchdog.start()
        return self

    def __exit__(self, *_):
        self._watchdog.cancel()
        self._kill()
        self.process.communicate()

    def _kill(self):
        if self.process.poll() is None:
            for process in [*self.descendants(), psutil.Process(self.process.pid)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()

    def descendants(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def await_event(self, node, state):
        """Reads events until a node is in a state; returns that event."""
        for line in self.process.stdout:
            self._seen.append(line)
            event = json.loads(line)
            if event.get("node") == node and event["state"] == state:
                return event
        raise AssertionError(f"{node} was never {state}: {''.join(self._seen)}{self._errors()}")

    def await_true(self, condition):
        """Asks until the condition holds; what it gives is returned."""
        while not (answer := condition()):
            assert self.process.poll() is None, f"the command ended; {self._errors()}"
            time.sleep(0.05)
        return answer

    def finish(self):
        """Waits for the end of the command."""
        rest, errors = self.process.communicate(timeout=LIMIT_SECONDS)
        return Finished(self.process.returncode, "".join(self._seen) + rest, errors)

    def _errors(self):
        self._kill()
        return self.process.stderr.read()


class Tidemill:
    """The command `tidemill` on one home."""

    def __init__(self, home):
        self.home = home

    def run(self, use_case, *settings, options=("--json",)):
        return self(*self._run_arguments(use_case, settings, options))

    def start(self, use_case, *settings):
        arguments = self._run_arguments(use_case, settings, ("--json",))
        return Running(_command(*arguments, "--home", self.home))

    def run_on_terminal(self, use_case, *settings):
        """Runs on a terminal; returns the exit status and all that was written to it."""
        arguments = self._run_arguments(use_case, settings, ())
        return _on_terminal(_command(*arguments, "--home", self.home))

    def status(self):
        """Returns the records of all runs, oldest first."""
        done = self("status", "--json")
        assert done.status == 0, done.stderr
        return done.events

    def models(self, name):
        """Returns the names of what a person sees in the model store of this home, sorted."""
        folder = self.home / "models" / name
        return sorted(path.name for path in folder.glob("[!.]*"))

    def logs(self, run_id):
        return self.home / "runs" / run_id / "logs"

    def executions(self, run_id):
        """Returns what ML Metadata holds of a run: node -> (name of the state, id)."""
        store = self.metadata()
        run = store.get_context_by_type_and_name("pipeline_run", run_id)
        return {
            self._node_of(store, execution.id): (
                execution.State.Name(execution.last_known_state),
                execution.id,
            )
            for execution in store.get_executions_by_context(run.id)
        }

    def inputs(self, execution_id, channel):
        """Returns the ids of the artifacts that an execution read from a channel."""
        events = self.metadata().get_events_by_execution_ids([execution_id])
        return [
            e.artifact_id for e in events if e.path.steps[0].key == channel and e.type == e.INPUT
        ]

    def metadata(self):
        """Returns a store that reads this home's file."""
        from ml_metadata import MetadataStore
        from ml_metadata.proto import metadata_store_pb2

        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(self.home / "metadata.db")
        return MetadataStore(config)

    @staticmethod
    def _node_of(store, execution_id):
        contexts = store.get_contexts_by_execution(execution_id)
        names = [context.name for context in contexts if context.type == "node"]
        return names[0].partition(".")[2]

    @staticmethod
    def _run_arguments(use_case, settings, options):
        pairs = [part for setting in settings for part in ("--set", setting)]
        return "run", str(use_case), *pairs, *options

    def __call__(self, *arguments):
        return run_command(*arguments, "--home", self.home)


def states(record):
    """Returns node -> state of a run's record."""
    return {node: its["state"] for node, its in record["nodes"].items()}


def run_command(*arguments):
    done = subprocess.run(
        _command(*arguments),
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
        **_surroundings(),
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def _command(*arguments):
    return [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]


def _surroundings():
    """Returns the working folder and an environment that sets nothing of Tidemill's."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TIDEMILL_")}
    return {"cwd": ROOT, "env": environment}


def _on_terminal(arguments):
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
    surroundings = _surroundings()
    surroundings["env"] |= {"TERM": "xterm"}
    process = subprocess.Popen(
        arguments, stdin=terminal, stdout=terminal, stderr=terminal, **surroundings
    )
    os.close(terminal)
    watchdog = threading.Timer(LIMIT_SECONDS, process.kill)
    watchdog.start()
    try:
        written = _read_to_end(controller)
        return process.wait(), _ESCAPES.sub("", written.decode())
    finally:
        watchdog.cancel()
        os.close(controller)


def _read_to_end(controller):
    chunks = []
    try:
        while chunk := os.read(controller, 65536):
            chunks.append(chunk)
    except OSError:  # Linux's way to say that the terminal's last user is gone
        pass
    return b"".join(chunks)


@dataclass(frozen=True)
class Pushed:
    """A home in which a use case ran once, with one model pushed."""

    tidemill: Tidemill
    record: dict
    screen: str = ""


@pytest.fixture(scope="session", autouse=True)
def _interruptible():
    """Lets started processes be interrupted, also where these tests run in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def tidemill():
    """Makes the command for a home."""
    return Tidemill


@pytest.fixture(scope="session")
def command():
    """The command without a home."""
    return run_command


@pytest.fixture(scope="session")
def taxi(tmp_path_factory):
    """The taxi example with everything on, run once on a terminal."""
    its = Tidemill(tmp_path_factory.mktemp("taxi"))
    status, screen = its.run_on_terminal(ROOT / "examples" / "taxi")
    assert status == 0, screen
    (record,) = its.status()
    return Pushed(its, record, screen)


@pytest.fixture(scope="session")
def penguin(tmp_path_factory):
    """The penguin example, run once. Who uses it pushes no other model to its home."""
    its = Tidemill(tmp_path_factory.mktemp("penguin"))
    done = its.run(ROOT / "examples" / "penguin")
    assert done.status == 0, done.stdout + done.stderr
    return Pushed(its, done.record)
