"""The taxi example's tasks as pods of a real cluster, with the overlay `dev` around them.

There is no Kubeflow in it: `pipeline_spec_interpreter` says which tasks run when and with which
arguments, `task_pods` gives them the pods that Kubeflow would.
"""

import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from cluster import IMAGE, WAIT_SECONDS, forwarded, gpu_nodes, kubectl, problem_with_nodes
from cluster_platform import Platform, installed
from ml_metadata.proto import metadata_store_pb2 as mlmd
from pipeline_spec_interpreter import tasks_to_run
from task_pods import TaskPods

from pipeline.config.loading import load_config
from pipeline.kubeflow.compile import compile_for_kubeflow
from pipeline.metadata.patient_store import PatientStore, client_config
from pipeline.use_case import UseCase
from serving.client import AVAILABLE, ServingError, connect

TAXI = Path(__file__).resolve().parents[2] / "examples" / "taxi"
# The launcher's local copy of the bucket, in the pod.
OUTPUTS = Path("/minio/mlpipeline/v2/artifacts")
DATA, TRAINING, PUBLISHING = range(3)
GATE_STATUS = 3
BAD_TRIPS = "/tidemill/pipelines/bad-trips.csv"
# Runs in a pod, where the volume is: real trips, all without their length.
SPOIL = f"""
import csv, importlib.util, pathlib
tfx = pathlib.Path(importlib.util.find_spec("tfx").origin).parent
with open(tfx / "components/testdata/external/csv/data.csv", newline="") as file:
    trips = list(csv.DictReader(file))
with open({BAD_TRIPS!r}, "w", newline="") as file:
    names = [name for name in trips[0] if name != "trip_miles"]
    writer = csv.DictWriter(file, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(trips)
"""


@dataclass
class Cluster:
    """The platform in the cluster, and how the taxi pipeline is run on it."""

    platform: Platform
    pods: TaskPods
    store: PatientStore
    packages: dict = field(default_factory=dict, repr=False)

    def tasks(self, run_id, *settings):
        if settings not in self.packages:
            ours = (
                f"kubeflow.image={IMAGE}",
                f"kubeflow.metadata={self.platform.metadata}",
                "kubeflow.resources.training.gpus=1",
                "kubeflow.resources.default={cpu: 1000m, memory: 4Gi}",
            )
            config = load_config(TAXI, [*ours, *settings], environ={})
            self.packages[settings] = compile_for_kubeflow(UseCase.open(TAXI), config).text
        return list(tasks_to_run(self.packages[settings], run_id, OUTPUTS, {}))

    def run(self, run_id, *settings, read_only=False):
        """Runs tasks until one fails, as Kubeflow does."""
        ended = []
        pods = replace(self.pods, read_only=read_only)
        for task in self.tasks(run_id, *settings):
            ended.append(pods.run(task))
            if ended[-1].status:
                break
        return ended

    def executions(self, run_id):
        """Returns for each node the states of its executions in a run."""
        run = self.store.get_context_by_type_and_name("pipeline_run", run_id)
        states = {}
        for execution in self.store.get_executions_by_context(run.id):
            contexts = self.store.get_contexts_by_execution(execution.id)
            (node,) = (c.name.partition(".")[2] for c in contexts if c.type == "node")
            state = mlmd.Execution.State.Name(execution.last_known_state)
            states.setdefault(node, []).append(state)
        return states


@pytest.fixture(scope="module")
def cluster(core):
    problem = problem_with_nodes()
    if problem:
        pytest.fail(problem, pytrace=False)
    with installed() as platform, forwarded(platform.services, "service/metadata", 8080) as address:
        pods = TaskPods(core, platform.runs, "tidemill-runner")
        yield Cluster(platform, pods, PatientStore(client_config(address)))


@pytest.fixture(scope="module")
def first(cluster):
    """A first run, to its end."""
    ended = cluster.run("first")
    assert [its.status for its in ended] == [0, 0, 0], ended[-1].log
    return ended


@pytest.fixture(scope="module")
def again(cluster, first):
    """The same once more, before anything else is pushed."""
    del first  # it only has to be there
    return cluster.run("again")


def test_only_training_runs_where_the_gpu_is(first):
    on_gpu = [ended for ended in first if ended.node in gpu_nodes()]

    assert [set(ended.states) for ended in on_gpu] == [{"Tuner", "Trainer"}]


def test_the_metadata_service_holds_every_execution(cluster, first):
    executions = cluster.executions("first")

    assert set(executions) == {node for ended in first for node in ended.states}
    assert len(executions) == 11
    assert set(map(tuple, executions.values())) == {("COMPLETE",)}


def test_the_model_server_picks_the_pushed_version_up(cluster, first):
    version = first[PUBLISHING].result.pushed_version
    rows = json.loads((TAXI / "trips.json").read_text(encoding="utf-8"))
    answers = {}
    server = f"--namespace={cluster.platform.services}", f"--timeout={WAIT_SECONDS}s"
    kubectl("rollout", "status", "deployment/serving", *server)
    for protocol, port in (("rest", 8501), ("grpc", 8500)):
        with (
            forwarded(cluster.platform.services, "service/serving", port) as address,
            connect(address, "taxi", protocol) as client,
        ):
            await_version(client, version)
            assert client.metadata().version == int(version)
            answers[protocol] = client.predict(rows)

    assert {len(column) for column in answers["rest"].values()} == {len(rows)}
    for name, column in answers["rest"].items():
        np.testing.assert_allclose(answers["grpc"][name], column, rtol=1e-5)


def await_version(client, version):
    """Waits until a server answers with a version."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        try:
            if any(s.version == int(version) and s.state == AVAILABLE for s in client.status()):
                return
        except ServingError:
            pass  # it has no model yet
        time.sleep(1)
    raise AssertionError(f"version {version} is not served")


def test_a_rerun_is_answered_from_the_cache(cluster, first, again):
    assert [ended.status for ended in again] == [0, 0, 0], again[-1].log
    for ended in again:
        executed = {node for node, state in ended.states.items() if state != "cached"}
        assert executed <= {"LatestPushedModel", "Pusher"}
    assert again[PUBLISHING].result.nothing_new
    assert cluster.platform.served_versions() == [first[PUBLISHING].result.pushed_version]


@pytest.mark.usefixtures("again")
def test_a_lost_trainer_is_followed_by_one_that_goes_on(cluster):
    before = cluster.platform.served_versions()
    data, training, publishing = cluster.tasks("lost", "trainer.seed=7")
    assert cluster.pods.run(data).status == 0
    lost = cluster.pods.start(training)
    cluster.pods.lose_when(lost, "grep -qs 'Epoch 2/' /tmp/tidemill-*/runs/*/logs/Trainer.log")
    assert "COMPLETE" not in cluster.executions("lost")["Trainer"]
    followed = cluster.pods.run(training)
    assert followed.status == 0, followed.log
    ended = cluster.pods.run(publishing)

    assert ended.status == 0, ended.log
    # Even a pod deleted by force is given two seconds, in which it may say that it failed.
    assert cluster.executions("lost")["Trainer"] in (["COMPLETE"], ["FAILED", "COMPLETE"])
    assert cluster.platform.served_versions() == sorted([*before, ended.result.pushed_version])


@pytest.mark.usefixtures("again")
def test_a_shut_data_gate_stops_the_run(cluster):
    before = cluster.platform.served_versions()
    task = cluster.tasks("spoil")[DATA]
    spoiled = cluster.pods.run(replace(task, name="spoil", command=("python", "-c", SPOIL)))
    assert spoiled.status == 0, spoiled.log

    (ended,) = cluster.run("gate", f"data.path={BAD_TRIPS}")

    assert ended.status == GATE_STATUS, ended.log
    assert ended.states["ExampleValidator"] == "stopped"
    assert "SCHEMA_MISSING_COLUMN" in ended.log
    assert cluster.platform.served_versions() == before


@pytest.mark.usefixtures("again")
def test_each_node_runs_in_a_pod_of_its_own_whose_image_is_read_only(cluster):
    """With other splits, and no schema but theirs, nothing comes from the cache."""
    alone = ("kubeflow.fuse=false", "data.splits={train: 3, eval: 1}", "schema.file=null")

    ended = cluster.run("alone", *alone, read_only=True)

    assert [its.status for its in ended] == [0] * len(ended), ended[-1].log
    executed = [node for its in ended for node, state in its.states.items() if state == "done"]
    assert len(executed) == len(set(executed)) == 11
    assert [its.task.name for its in ended if its.node in gpu_nodes()] == ["tuner", "trainer"]
