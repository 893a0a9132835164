"""Tasks of a compiled pipeline as processes, on a real metadata service.

Each task is a process with the command and the arguments of the compiled package; what stands
between is Kubeflow's part (`pipeline_spec_interpreter`).
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from ml_metadata.proto import metadata_store_pb2 as mlmd
from pipeline_spec_interpreter import TaskToRun, tasks_to_run
from waiting import wait_until

from pipeline.config.loading import load_config
from pipeline.kubeflow.compile import compile_for_kubeflow
from pipeline.kubeflow.lease import Lease
from pipeline.kubeflow.task_result import TaskResult
from pipeline.metadata.patient_store import PatientStore, client_config
from pipeline.use_case import UseCase

ROOT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 400
_WORKER = "pipeline.local.worker"


class Service:
    """The metadata service on a port that stays the same when it is started again."""

    def __init__(self, folder):
        self._database = folder / "metadata.db"
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{found.getsockname()[1]}"
        self._log = folder / "metadata.log"
        self._process = None

    def start(self):
        port = self.address.rpartition(":")[2]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "pipeline.metadata.server"),
                    *("--port", port, "--sqlite", self._database),
                ],
                cwd=ROOT,
                stderr=log,
            )

    def stop(self):
        self._process.terminate()
        self._process.wait(LIMIT_SECONDS)

    def store(self):
        return PatientStore(client_config(self.address))


@dataclass(frozen=True)
class Ended:
    """A task that has ended."""

    task: TaskToRun
    status: int
    log: str

    @property
    def result(self):
        found = TaskResult.found_in(self.log)
        assert found is not None, self.log
        return found

    @property
    def states(self):
        return {node: its["state"] for node, its in self.result.nodes.items()}


@dataclass
class Cluster:
    """What stands for a cluster: a metadata service, and a folder as the volume of all pods."""

    folder: Path
    service: Service
    packages: dict = field(default_factory=dict)

    @property
    def models(self):
        found = (self.folder / "models").glob("*/[0-9]*")
        return sorted(path for path in found if path.is_dir())

    def compiled(self, use_case, *settings):
        places = (
            "kubeflow.image=tidemill:test",
            f"kubeflow.metadata={self.service.address}",
            f"kubeflow.pipeline_root={self.folder}/runs",
            f"kubeflow.model_store={self.folder}/models",
            f"kubeflow.volumes=[{{claim: tidemill, mount_path: {self.folder}}}]",
        )
        key = (use_case, settings)
        if key not in self.packages:
            config = load_config(use_case, [*places, *settings], environ={})
            self.packages[key] = compile_for_kubeflow(UseCase.open(use_case), config).text
        return self.packages[key]

    def tasks(self, run_id, use_case, *settings):
        package = self.compiled(use_case, *settings)
        return list(tasks_to_run(package, run_id, self.folder / "kfp", {}))

    def run(self, run_id, use_case, *settings):
        """Runs tasks until one fails, as Kubeflow does."""
        ended = []
        for task in self.tasks(run_id, use_case, *settings):
            ended.append(self.run_task(task))
            if ended[-1].status:
                break
        return ended

    def run_task(self, task):
        with self.started(task) as process:
            log, _ = process.communicate(timeout=LIMIT_SECONDS)
        return Ended(task, process.returncode, log)

    def run_alone(self, task, pipeline="penguin"):
        """Runs one task of a run that goes no further, and ends the run."""
        ended = self.run_task(task)
        self.end_run(task, pipeline)
        return ended

    def end_run(self, task, pipeline="penguin"):
        """Gives back the lease of a run that goes no further."""
        lease = Lease(self.service.store(), pipeline, task.arguments["run_id"])
        lease.acquire(lambda _: None)
        lease.release()

    @contextlib.contextmanager
    def started(self, task):
        """Starts a task; a `with` block leaves no process of it behind."""
        process = subprocess.Popen(
            [sys.executable, *task.command[1:]],
            cwd=ROOT,
            env={k: v for k, v in os.environ.items() if not k.startswith("TIDEMILL_")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                kill_whole(process)
            process.communicate()

    def executions(self, run_id):
        """Returns for each node the states of its executions in a run."""
        store = self.service.store()
        run = store.get_context_by_type_and_name("pipeline_run", run_id)
        states = {}
        for execution in store.get_executions_by_context(run.id) if run else ():
            contexts = store.get_contexts_by_execution(execution.id)
            (node,) = (c.name.partition(".")[2] for c in contexts if c.type == "node")
            state = mlmd.Execution.State.Name(execution.last_known_state)
            states.setdefault(node, []).append(state)
        return states


def kill_whole(process):
    """Kills all processes of a task at once, as happens when a node of the cluster is lost."""
    for each in [
        psutil.Process(process.pid),
        *psutil.Process(process.pid).children(recursive=True),
    ]:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()


def kill_worker(process):
    """Kills the process of a task that forks its nodes, as a limit of memory does."""

    def workers():
        assert process.poll() is None, "the task ended before it had a worker to kill"
        children = psutil.Process(process.pid).children()
        lines = [(each, each.cmdline()) for each in children]
        return [each for each, line in lines if _WORKER in line and "--lean" not in line]

    wait_until(workers, LIMIT_SECONDS)
    workers()[0].kill()


def await_line(process, text):
    """Reads a log until a line holds a text; returns what was read."""
    watchdog = threading.Timer(LIMIT_SECONDS, process.kill)
    watchdog.start()
    read = []
    try:
        for line in process.stdout:
            read.append(line)
            if text in line:
                return "".join(read)
    finally:
        watchdog.cancel()
    raise AssertionError(f"{text!r} was never said: {''.join(read)}")


def await_running(cluster, run_id, node):
    """Waits until ML Metadata has a node as running."""
    wait_until(lambda: "RUNNING" in cluster.executions(run_id).get(node, ()), LIMIT_SECONDS)


@contextlib.contextmanager
def running_cluster(folder):
    """Runs a metadata service; a folder is the volume of all pods."""
    service = Service(folder)
    service.start()
    try:
        yield Cluster(folder, service)
    finally:
        service.stop()
