"""What the first task of a run puts in order: with files and ML Metadata, without TFX."""

from __future__ import annotations

from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from components.example_gen.window import Choice
from components.pusher.origin import Origin, Provenance
from pipeline.config.loading import load_config
from pipeline.kubeflow import housekeeping
from pipeline.kubeflow.chosen_spans import choice_of_run
from pipeline.kubeflow.housekeeping import put_in_order
from pipeline.kubeflow.known_runs import known_runs, record_outcome
from pipeline.metadata.local_store import open_local
from pipeline.retention.lineage import pushes_among

PENGUIN = Path(__file__).resolve().parents[4] / "examples" / "penguin"


class Volume:
    """The volume and the metadata of a cluster in which Transform alone has run."""

    def __init__(self, folder, store):
        self.folder = folder
        self.store = store

    def begin(self, run_id, *settings):
        config = load_config(PENGUIN, settings, environ={})
        choice_of_run(self.store, run_id, config.name, Choice)
        return put_in_order(self.store, run_id, config, str(self.folder), frozenset())

    def transform(self, run_id, state=mlmd.Execution.COMPLETE):
        """Records a run of Transform; returns the folder of its output."""
        store = self.store
        kind = store.put_context_type(mlmd.ContextType(name="pipeline_run"))
        context = mlmd.Context(type_id=kind, name=run_id)
        transform = store.put_execution_type(mlmd.ExecutionType(name="Transform"))
        execution = mlmd.Execution(type_id=transform, last_known_state=state)
        number, _, _ = store.put_execution(execution, [], [context])
        graph = self.folder / "Transform" / "transform_graph" / str(number)
        graph.mkdir(parents=True)
        (graph / "saved_model.pb").write_bytes(b"x")
        artifact = mlmd.Artifact(
            type_id=store.put_artifact_type(mlmd.ArtifactType(name="TransformGraph")),
            uri=str(graph),
            state=mlmd.Artifact.LIVE,
        )
        (artifact.id,) = store.put_artifacts([artifact])
        event = mlmd.Event(execution_id=number, artifact_id=artifact.id, type=mlmd.Event.OUTPUT)
        store.put_events([event])
        return graph

    def run(self, run_id, outcome, *settings):
        self.begin(run_id, *settings)
        graph = self.transform(run_id)
        record_outcome(self.store, run_id, outcome)
        return graph

    @property
    def states(self):
        found = self.store.get_executions()
        return [mlmd.Execution.State.Name(execution.last_known_state) for execution in found]


@pytest.fixture
def volume(tmp_path):
    with open_local(tmp_path / "metadata.db", write=True) as store:
        yield Volume(tmp_path / "pipelines" / "penguin", store)


def test_outputs_of_older_runs_go_as_configured(volume):
    graphs = [volume.run(f"run-{number}", "succeeded") for number in range(3)]
    assert volume.begin("all") == []
    assert [graph.exists() for graph in graphs] == [True, True, True]

    said = volume.begin("next", "pipeline.keep_runs=1")

    assert [graph.exists() for graph in graphs] == [False, False, True]
    assert said == ["removed 2 outputs of earlier runs, 0.0 MB"]


def test_a_row_of_failures_does_not_displace_the_last_success(volume):
    graphs = [volume.run(f"run-{n}", how) for n, how in enumerate(["succeeded", *["failed"] * 2])]
    volume.begin("next", "pipeline.keep_runs=1")

    assert [graph.exists() for graph in graphs] == [True, False, True]


def test_what_a_dead_run_left_running_is_failed_and_it_counts_as_failed(volume):
    volume.begin("dead")
    volume.transform("dead", mlmd.Execution.RUNNING)
    volume.begin("next")
    volume.transform("next", mlmd.Execution.RUNNING)

    assert volume.states == ["FAILED", "RUNNING"]
    assert known_runs(volume.store, "penguin") == [("dead", "failed"), ("next", "")]


def test_a_first_task_that_is_tried_again_keeps_what_its_run_made(volume):
    volume.begin("run")
    graph = volume.transform("run", mlmd.Execution.RUNNING)
    volume.begin("run", "pipeline.keep_runs=1")

    assert volume.states == ["RUNNING"]
    assert graph.exists()


def test_runs_of_other_pipelines_are_left_alone(volume):
    volume.begin("other", "name=other")
    volume.transform("other", mlmd.Execution.RUNNING)
    volume.begin("next")

    assert volume.states == ["RUNNING"]


def test_an_output_whose_files_are_gone_is_made_again(volume):
    graph = volume.run("run", "succeeded")
    (graph / "saved_model.pb").unlink()
    graph.rmdir()

    assert volume.begin("next") == [f"{graph} is gone or not whole; its node will run again"]


def test_a_bucket_stays_as_it_is(volume):
    volume.begin("dead")
    volume.transform("dead", mlmd.Execution.RUNNING)
    volume.folder = "gs://bucket/penguin"

    assert volume.begin("next", "pipeline.keep_runs=1") == []
    assert volume.states == ["FAILED"]


@pytest.mark.parametrize("root", [None, "gs://bucket/penguin"])
def test_a_version_that_nobody_recorded_is_recorded(volume, tmp_path, root):
    """As where the pod of Pusher was lost between its two acts."""
    version = tmp_path / "models" / "penguin" / "1700000000"
    version.mkdir(parents=True)
    origin = Origin(1700000000, "x", "f", Provenance("penguin", "r", "/model", 7))
    version.with_name("1700000000.json").write_text(origin.to_json())
    volume.folder = root or volume.folder

    said = volume.begin("run", f"kubeflow.model_store={tmp_path}/models")

    assert said == ["the metadata service did not know of version 1700000000; it does now"]
    (push,) = pushes_among(volume.store.get_artifacts())
    assert (push.version, push.stands) == (1700000000, True)


def test_what_cannot_be_removed_stops_no_run(volume, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", "x")

    monkeypatch.setattr(housekeeping, "carry_out", refuse)

    assert "Permission denied" in volume.begin("next")[0]
