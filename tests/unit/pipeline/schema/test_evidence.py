"""What runs left is found through ML Metadata."""

from __future__ import annotations

from pathlib import Path

import pytest
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.config.loading import load_config
from pipeline.metadata.local_store import open_local
from pipeline.places import Home
from pipeline.request import RunRequest
from pipeline.runs import NodeRecord, NodeState, RunRecord
from pipeline.schema import evidence
from pipeline.schema.evidence import latest_evidence


class Kept:
    """A home with runs in it."""

    def __init__(self, root, config, use_case):
        self.home = Home(root)
        self.config, self.use_case = config, use_case
        root.mkdir()
        connection = mlmd.ConnectionConfig()
        connection.sqlite.filename_uri = str(self.home.metadata)
        connection.sqlite.connection_mode = connection.sqlite.READWRITE_OPENCREATE
        self._store = MetadataStore(connection)
        self._kind = self._store.put_artifact_type(mlmd.ArtifactType(name="Any"))
        self._node = self._store.put_execution_type(mlmd.ExecutionType(name="Node"))

    def add_run(self, run_id, pipeline="taxi", statistics=("StatisticsGen",), curated_schema=None):
        folder = self.home.run(run_id)
        folder.root.mkdir(parents=True)
        RunRequest(self.config, self.use_case, f"/data/{run_id}", Path("/m"), curated_schema).save(
            folder.request
        )
        nodes = {"SchemaGen": self._execute(run_id, "SchemaGen", "schema.pbtxt")}
        splits = [f"Split-{name}/FeatureStats.pb" for name in ("eval", "train")]
        nodes |= {node: self._execute(run_id, node, *splits) for node in statistics}
        RunRecord(run_id, pipeline, str(self.use_case), "x", 1, nodes=nodes).save(folder)

    def _execute(self, run_id, node, *files):
        folder = self.home.artifacts / node / run_id
        for name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        execution = mlmd.Execution(type_id=self._node)
        artifact = mlmd.Artifact(type_id=self._kind, uri=str(folder))
        event = mlmd.Event(type=mlmd.Event.OUTPUT)
        execution_id, _, _ = self._store.put_execution(execution, [(artifact, event)], [])
        return NodeRecord(NodeState.DONE, execution_id=execution_id)

    def latest(self):
        return latest_evidence(self.home, self.use_case, "taxi")


@pytest.fixture
def kept(tmp_path, folder):
    return Kept(tmp_path / "home", load_config(folder, (), {}), folder.resolve())


def test_the_latest_run_gives_its_data_its_schema_and_statistics_of_each_split(kept):
    kept.add_run("20261121-090507")
    kept.add_run("20261121-101010")
    found = kept.latest()

    assert (found.run_id, found.data) == ("20261121-101010", "/data/20261121-101010")
    assert list(found.statistics) == ["train", "eval"]
    assert all(path.is_file() for path in found.statistics.values())
    assert found.later_runs == ()
    assert (
        found.inferred_schema
        == kept.home.artifacts / "SchemaGen" / "20261121-101010" / "schema.pbtxt"
    )


def test_runs_of_others_and_runs_without_statistics_are_passed_over(kept):
    kept.add_run("20261121-090507")
    kept.add_run("20261121-101010", pipeline="other")
    kept.add_run("20261121-111111", statistics=())
    found = kept.latest()

    assert found.run_id == "20261121-090507"
    assert found.later_runs == ("20261121-111111",)


def test_a_schema_that_a_run_was_given_is_not_taken_for_inferred(kept):
    kept.add_run("20261121-090507", curated_schema="# mine")

    assert kept.latest().inferred_schema is None


def test_splits_of_several_nodes_are_told_apart(kept):
    kept.add_run("20261121-090507", statistics=("StatisticsGen.span-1", "StatisticsGen.span-2"))

    assert list(kept.latest().statistics) == [
        "train of span-1",
        "eval of span-1",
        "train of span-2",
        "eval of span-2",
    ]


def test_statistics_that_were_deleted_do_not_count(kept):
    kept.add_run("20261121-090507")
    for path in kept.home.artifacts.rglob("FeatureStats.pb"):
        path.unlink()

    assert kept.latest() is None


def test_ml_metadata_is_opened_once(kept, monkeypatch):
    kept.add_run("20261121-090507", statistics=("StatisticsGen.a", "StatisticsGen.b"))
    kept.add_run("20261121-101010", statistics=())
    opened = []

    def count(file, *, write):
        opened.append(write)
        return open_local(file, write=write)

    monkeypatch.setattr(evidence, "open_local", count)

    assert kept.latest().later_runs == ("20261121-101010",)
    assert opened == [False]


def test_a_home_without_runs(tmp_path):
    assert latest_evidence(Home(tmp_path / "none"), tmp_path, "taxi") is None
