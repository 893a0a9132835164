"""What ML Metadata knows of a rollback, as the Resolver of the next run reads it."""

from __future__ import annotations

import fcntl
from dataclasses import replace

import pytest

from components.pusher.origin import Origin, Provenance
from pipeline.places import Home
from pipeline.rollback_record import NotRecordedError, record_rollbacks

PIPELINE = "taxi"
SETUP = """
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as protos

def open_store():
    config = protos.ConnectionConfig()
    config.sqlite.filename_uri = sys.argv[1]
    return MetadataStore(config)
"""
# What TFX leaves after pushes of models 1 and 2 as versions 100 and 200.
PUSHES = (
    SETUP
    + """
store = open_store()
store.put_artifact_type(protos.ArtifactType(name="PushedModel"))
kinds = {
    "model": store.put_artifact_type(protos.ArtifactType(name="Model")),
    "execution": store.put_execution_type(protos.ExecutionType(name="Push")),
    "context": store.put_context_type(protos.ContextType(name="pipeline")),
}
models = [protos.Artifact(type_id=kinds["model"], uri=f"/models/{n}", state=protos.Artifact.LIVE)
          for n in "ab"]
context = protos.Context(type_id=kinds["context"], name="taxi")
ids = store.put_artifacts(models)
store.put_contexts([context])
answer(ids)
"""
)
# The artifacts that the Resolver's own query gives.
RESOLVE = (
    SETUP
    + """
from tfx.orchestration import metadata
from tfx.orchestration.portable.input_resolution import channel_resolver
from tfx.proto.orchestration import pipeline_pb2

channel = pipeline_pb2.InputSpec.Channel()
channel.artifact_query.type.name = "PushedModel"
query = channel.context_queries.add()
query.type.name = "pipeline"
query.name.field_value.string_value = "taxi"
connection = metadata.sqlite_metadata_connection_config(sys.argv[1])
with metadata.Metadata(connection) as handle:
    found = channel_resolver.resolve_single_channel(handle, channel)
answer([{
    "pushed": a.get_int_custom_property("pushed"),
    "model_id": a.get_int_custom_property("model_id"),
    "version": a.get_string_custom_property("pushed_version"),
    "restores": a.get_string_custom_property("restores"),
    "origin": a.get_string_custom_property("origin"),
    "uri": a.uri,
} for a in found])
"""
)


@pytest.fixture
def home(tmp_path, leanly):
    home = Home(tmp_path / "home")
    home.root.mkdir()
    assert leanly(PUSHES, str(home.metadata)) == [1, 2]
    return home


@pytest.fixture
def recorded(home, leanly):
    return lambda: leanly(RESOLVE, str(home.metadata))


def rollback(version, restores, uri="/models/a", model_id=1):
    its = Provenance(PIPELINE, "r", uri, model_id)
    return Origin(version, "2026-01-01T00:00:00+00:00", "f", its, restores, restores + 1)


def test_a_rollback_is_found_by_the_resolvers_query(home, recorded, tmp_path):
    done = rollback(300, 100)
    record_rollbacks(home, tmp_path / "store" / "taxi", [done])

    (found,) = recorded()
    assert Origin.from_json(found["origin"]) == done
    assert (found["pushed"], found["model_id"]) == (1, 1)
    assert (found["version"], found["restores"]) == ("300", "100")
    assert found["uri"].startswith(str(home.artifacts))


def test_it_is_recorded_once_and_what_was_interrupted_too(home, recorded, tmp_path):
    folder = tmp_path / "store" / "taxi"
    newest = rollback(400, 200, "/models/b", 2)
    record_rollbacks(home, folder, [rollback(300, 100)])
    record_rollbacks(home, folder, [newest, rollback(350, 100), rollback(300, 100)])
    record_rollbacks(home, folder, [newest])

    assert sorted(found["version"] for found in recorded()) == ["300", "350", "400"]


@pytest.mark.parametrize(
    "unknown",
    [
        rollback(300, 100, "/elsewhere"),
        rollback(300, 100, model_id=77),
        replace(rollback(300, 100), provenance=Provenance("other", "r", "/models/a", 1)),
    ],
)
def test_a_model_of_another_home(home, recorded, tmp_path, unknown):
    with pytest.raises(NotRecordedError, match=r"metadata\.db does not know the model"):
        record_rollbacks(home, tmp_path, [unknown])
    record_rollbacks(home, tmp_path, [rollback(400, 100), unknown])
    assert [found["version"] for found in recorded()] == ["400"]


def test_a_home_without_metadata(tmp_path):
    home = Home(tmp_path / "nothing")
    with pytest.raises(NotRecordedError, match=r"there is no .*metadata\.db"):
        record_rollbacks(home, tmp_path, [rollback(300, 100)])
    assert not home.root.exists()


def test_metadata_that_cannot_be_read(tmp_path):
    home = Home(tmp_path)
    home.metadata.write_text("no database")
    with pytest.raises(
        NotRecordedError, match=r"metadata\.db cannot be written \(.*not a database\)"
    ):
        record_rollbacks(home, tmp_path, [rollback(300, 100)])


def test_it_waits_for_the_turn_of_a_run_in_progress(home, recorded, tmp_path, monkeypatch):
    lock = home.metadata.with_name("metadata.db.lock")
    flock = fcntl.flock
    asked = []

    def end_of_the_turn(file, operation):
        asked.append(file.name)
        flock(node, fcntl.LOCK_UN)
        flock(file, operation)

    with lock.open("a") as node:
        flock(node, fcntl.LOCK_EX)
        monkeypatch.setattr(fcntl, "flock", end_of_the_turn)
        record_rollbacks(home, tmp_path / "store" / "taxi", [rollback(300, 100)])

    assert asked == [str(lock)]
    assert len(recorded()) == 1


def test_a_lock_that_cannot_be_written(home, tmp_path):
    home.metadata.with_name("metadata.db.lock").mkdir()
    with pytest.raises(NotRecordedError, match=r"metadata\.db cannot be written \(.*directory"):
        record_rollbacks(home, tmp_path, [rollback(300, 100)])


def test_without_rollbacks_nothing_is_opened(tmp_path):
    record_rollbacks(Home(tmp_path / "nothing"), tmp_path, [])
