"""A compiled pipeline's tasks, as Kubeflow would start them, on a real metadata service.

Each task is a process with the command and the arguments of the compiled package; what stands
between is Kubeflow's part (`pipeline_spec_interpreter`). In a cluster: `tests/cluster`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd
from pipeline_spec_interpreter import TaskToRun, tasks_to_run

from pipeline.config.loading import load_config
from pipeline.kubeflow.compile import compile_for_kubeflow
from pipeline.kubeflow.lease import Lease
from pipeline.kubeflow.task_result import TaskResult
from pipeline.metadata.patient_store import PatientStore, client_config
from pipeline.use_case import UseCase

ROOT = Path(__file__).resolve().parents[2]
TAXI = ROOT / "examples" / "taxi"
PENGUIN = ROOT / "examples" / "penguin"
LIMIT_SECONDS = 400
DATA, TRAINING, PUBLISHING = range(3)
GATE_STATUS, TERMINATED = 3, 143


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
        lease = Lease(self.service.store(), pipeline, task.arguments["run_id"])
        lease.acquire(lambda _: None)
        lease.release()
        return ended

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
        for execution in store.get_executions_by_context(run.id):
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
    for _ in iter(lambda: cluster.executions(run_id).get(node) == ["RUNNING"], True):
        pass


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("volume")
    service = Service(folder)
    service.start()
    yield Cluster(folder, service)
    service.stop()


@pytest.fixture(scope="module")
def first(cluster):
    """A first run of the penguin example."""
    return cluster.run("run-1", PENGUIN)


@pytest.fixture(scope="module")
def again(cluster, first):
    """The same once more, before anything else is pushed."""
    assert [ended.status for ended in first] == [0, 0, 0], first[-1].log
    return cluster.run("run-2", PENGUIN)


def test_every_node_runs_in_its_task(cluster, first):
    assert [ended.status for ended in first] == [0, 0, 0], first[-1].log
    assert [set(ended.states.values()) for ended in first] == [{"done"}] * 3
    assert {node for ended in first for node in ended.states} == set(cluster.executions("run-1"))
    assert set(map(tuple, cluster.executions("run-1").values())) == {("COMPLETE",)}


@pytest.mark.usefixtures("again")
def test_the_model_is_pushed(cluster, first):
    assert [path.name for path in cluster.models] == [first[PUBLISHING].result.pushed_version]
    assert (cluster.models[0] / "saved_model.pb").is_file()


def test_kubeflow_gets_a_report_and_metrics_of_each_task(first):
    for ended in first:
        report = ended.task.report.read_text(encoding="utf-8")
        assert all(node in report for node in ended.states)
        output = json.loads(ended.task.executor_output.read_text(encoding="utf-8"))
        (metrics,) = output["artifacts"]["metrics"]["artifacts"]
        assert all(f"{node} seconds" in metrics["metadata"] for node in ended.states)


def test_the_log_holds_the_logs_of_the_nodes(first):
    log = first[TRAINING].log
    begin, end = log.index("tidemill-log begins: Trainer"), log.index("tidemill-log ends: Trainer")

    assert "val_loss" in log[begin:end]


def test_an_unchanged_run_is_answered_from_the_cache_and_says_so(cluster, again):
    assert [ended.status for ended in again] == [0, 0, 0], again[-1].log
    assert {state for ended in again[:PUBLISHING] for state in ended.states.values()} == {"cached"}
    assert again[PUBLISHING].states["Evaluator"] == "cached"
    assert [ended.result.nothing_new for ended in again] == [False, False, True]
    assert len(cluster.models) == 1


@pytest.mark.usefixtures("again")
def test_a_task_for_each_node_gives_the_same_results(cluster):
    """What fused tasks have put out answers for all of them."""
    single = cluster.run("single", PENGUIN, "kubeflow.fuse=false")

    assert [len(ended.states) for ended in single] == [1] * 10
    states = {node: state for ended in single for node, state in ended.states.items()}
    executed = {node for node, state in states.items() if state != "cached"}
    assert executed == {"LatestPushedModel", "Pusher"}
    assert single[-1].result.nothing_new


@pytest.mark.usefixtures("again")
def test_a_task_that_is_tried_again_after_its_success_repeats_its_answer(cluster, first):
    task = first[TRAINING].task
    task.executor_output.unlink()
    ended = cluster.run_alone(task)

    assert (ended.status, ended.states) == (0, {"Trainer": "done"})
    assert task.executor_output.is_file()
    assert cluster.executions("run-1")["Trainer"] == ["COMPLETE"]


@pytest.mark.usefixtures("again")
def test_a_gate_stops_the_run_with_its_table(cluster):
    shut = cluster.run("gate", PENGUIN, "evaluator.metrics.SparseCategoricalAccuracy.min=1.5")

    assert [ended.status for ended in shut] == [0, 0, GATE_STATUS]
    shown = shut[-1].log.partition("tidemill-result")[0]
    assert "Evaluator: " in shown
    assert "1.5" in shown
    assert shut[-1].result.cause.startswith("Evaluator: ")
    assert len(cluster.models) == 1


@pytest.mark.usefixtures("again")
def test_a_pod_that_is_lost_is_followed_by_one_that_goes_on(cluster):
    settings = ("trainer.seed=7",)
    data, training, publishing = cluster.tasks("lost", PENGUIN, *settings)
    assert cluster.run_task(data).status == 0
    with cluster.started(training) as process:
        await_running(cluster, "lost", "Trainer")
        kill_whole(process)
    assert cluster.run_task(training).status == 0
    ended = cluster.run_task(publishing)

    assert ended.status == 0, ended.log
    assert cluster.executions("lost")["Trainer"] == ["COMPLETE"]
    assert len(cluster.models) == 2


@pytest.mark.usefixtures("again")
def test_a_run_that_is_terminated_leaves_nothing_running(cluster):
    task = cluster.tasks("terminated", PENGUIN, "trainer.seed=8")[TRAINING]
    assert (
        cluster.run_task(cluster.tasks("terminated", PENGUIN, "trainer.seed=8")[DATA]).status == 0
    )
    with cluster.started(task) as process:
        await_running(cluster, "terminated", "Trainer")
        process.send_signal(signal.SIGTERM)
        log, _ = process.communicate(timeout=LIMIT_SECONDS)

    assert process.returncode == TERMINATED, log
    assert cluster.executions("terminated")["Trainer"] == ["FAILED"]


@pytest.mark.usefixtures("again")
def test_a_run_waits_for_another_one_of_its_pipeline_and_says_for_which(cluster):
    task = cluster.tasks("second", PENGUIN)[DATA]
    other = Lease(cluster.service.store(), "penguin", "somebody-elses")
    other.acquire(lambda _: None)
    with cluster.started(task) as process:
        await_line(process, "waiting for run somebody-elses of this pipeline to end")
        other.release()
        log, _ = process.communicate(timeout=LIMIT_SECONDS)

    assert process.returncode == 0, log
    cluster.run_alone(task)


@pytest.mark.usefixtures("again")
def test_a_metadata_service_that_is_rolled_over_is_waited_for(cluster):
    task = cluster.tasks("rolled", PENGUIN)[DATA]
    cluster.service.stop()
    with cluster.started(task) as process:
        await_line(process, "the metadata service is not there")
        cluster.service.start()
        log, _ = process.communicate(timeout=LIMIT_SECONDS)

    assert process.returncode == 0, log
    cluster.run_alone(task)


@pytest.mark.usefixtures("again")
def test_an_image_with_other_code_is_refused(cluster, tmp_path):
    use_case = tmp_path / "penguin"
    use_case.mkdir()
    for file in PENGUIN.iterdir():
        if file.is_file():
            (use_case / file.name).write_bytes(file.read_bytes())
    in_image = ROOT / "use_cases"
    task = cluster.tasks("other", use_case)[DATA]
    ended = cluster.run_task(task)

    assert not in_image.exists()
    assert ended.status == 2
    assert "use_cases/penguin: no such folder" in ended.log


@pytest.fixture(scope="module")
def spans(cluster):
    """Adds a span of data to the cluster's volume."""
    import tfx

    source = Path(tfx.__file__).parent / "components/testdata/penguin/data"

    def add(number):
        folder = cluster.folder / "data" / f"span-{number}"
        folder.mkdir(parents=True)
        for file in source.glob("*/*.gz"):
            (folder / f"{file.parent.name}-{file.name}").write_bytes(file.read_bytes())

    return add


def test_spans_are_chosen_when_a_run_starts(cluster, spans):
    """One compiled pipeline, whatever data arrives later; each span is read once."""
    settings = (f"data.path={cluster.folder}/data/span-{{SPAN}}/*", "data.window=2", "name=birds")

    def data_task(run_id, **parameters):
        package = cluster.compiled(PENGUIN, *settings)
        task = next(tasks_to_run(package, run_id, cluster.folder / "kfp", parameters))
        return cluster.run_alone(task, "birds")

    spans(1)
    alone = data_task("span-1")
    spans(2)
    both = data_task("span-2")
    spans(3)
    tried_again = data_task("span-2")
    backfilled = data_task("span-back", span="2")

    assert alone.status == both.status == tried_again.status == backfilled.status == 0, both.log
    assert alone.states["ExampleGen.span-1"] == "done"
    assert both.states["ExampleGen.span-1"] == "cached"
    assert both.states["ExampleGen.span-2"] == "done"
    assert set(tried_again.states) == set(both.states)
    assert set(backfilled.states) == set(both.states)
    assert set(backfilled.states.values()) == {"cached"}


@pytest.fixture(scope="module")
def trips(cluster):
    """A run of the taxi example, over gRPC."""
    ended = cluster.run("trips", TAXI)
    assert [its.status for its in ended] == [0, 0, 0], ended[-1].log
    return cluster.service.store()


def test_lineage_over_grpc_is_that_of_a_local_run(trips, taxi):
    local = taxi.tidemill.metadata()

    assert lineage(trips, "trips") == lineage(local, taxi.record["run_id"])


def lineage(store, run_id):
    """Returns of each node what does not depend on where and when it ran."""
    run = store.get_context_by_type_and_name("pipeline_run", run_id)
    found = {}
    for execution in store.get_executions_by_context(run.id):
        contexts = store.get_contexts_by_execution(execution.id)
        node = next(c.name.partition(".")[2] for c in contexts if c.type == "node")
        events = store.get_events_by_execution_ids([execution.id])
        artifacts = {a.id: a for a in store.get_artifacts_by_id([e.artifact_id for e in events])}
        found[node] = {
            "type": execution.type,
            "state": mlmd.Execution.State.Name(execution.last_known_state),
            "contexts": sorted(c.type for c in contexts),
            "properties": names_and_kinds(execution),
            "events": sorted(
                (
                    mlmd.Event.Type.Name(event.type),
                    [step.key or step.index for step in event.path.steps],
                    describe(artifacts[event.artifact_id]),
                )
                for event in events
            ),
        }
    return found


def describe(artifact):
    """Returns a text, so that descriptions can be sorted."""
    state = mlmd.Artifact.State.Name(artifact.state)
    splits = artifact.properties["split_names"].string_value
    return f"{artifact.type} {state} {splits} {names_and_kinds(artifact)}"


def names_and_kinds(message):
    return {
        f"{group}.{name}": value.WhichOneof("value")
        for group in ("properties", "custom_properties")
        for name, value in sorted(getattr(message, group).items())
    }
