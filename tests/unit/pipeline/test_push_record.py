"""What ML Metadata knows of a version in the store, as the Resolver of the next run reads it."""

from __future__ import annotations

import fcntl
import shutil
from dataclasses import replace

import pytest

from components.pusher.origin import Origin, Provenance
from pipeline.metadata.local_store import open_local
from pipeline.places import Home
from pipeline.push_record import NotRecordedError, record_in_home, record_unrecorded

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
for model in models:
    record = json.dumps({"run_id": "r", "seed": 1, "software": {"tfx": "1"}})
    model.custom_properties["training"].string_value = record
context = protos.Context(type_id=kinds["context"], name="taxi")
ids = store.put_artifacts(models)
store.put_contexts([context])
answer(ids)
"""
)
# What a lost folder of artifacts leaves: see `pipeline.retention.cleaning.mend`.
DELETE = (
    SETUP
    + """
store = open_store()
pushes = store.get_artifacts_by_type("PushedModel")
for push in pushes:
    push.state = push.DELETED
answer(store.put_artifacts(pushes))
"""
)
# TFX's own type, registered as TFX does it, after ours.
REGISTER = (
    SETUP
    + """
from tfx.types import standard_artifacts
kind = standard_artifacts.PushedModel().artifact_type
store = open_store()
ours = store.get_artifact_type("PushedModel")
answer([ours.id == store.put_artifact_type(kind), ours.base_type == kind.base_type])
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


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store" / PIPELINE


@pytest.fixture
def stand(folder):
    """Puts a version into the store, as Pusher or a rollback leaves it."""

    def put(origin):
        (folder / str(origin.version)).mkdir(parents=True)
        (folder / f"{origin.version}.json").write_text(origin.to_json())
        return origin

    return put


def push(version, uri="/models/a", model_id=1, seed=1):
    its = Provenance(PIPELINE, "r", uri, model_id, training={"run_id": "r", "seed": seed})
    return Origin(version, "2026-01-01T00:00:00+00:00", "f", its)


def rollback(version, restores, uri="/models/a", model_id=1):
    return replace(push(version, uri, model_id), restores=restores, rolled_back_from=restores + 1)


def versions(found):
    return sorted(each["version"] for each in found)


@pytest.mark.parametrize("origin", [push(200, "/models/b", 2), rollback(300, 100)])
def test_what_stands_is_found_by_the_resolvers_query(home, recorded, folder, stand, origin):
    stand(origin)
    record_in_home(home, folder)

    (found,) = recorded()
    assert Origin.from_json(found["origin"]) == origin
    assert (found["pushed"], found["model_id"]) == (1, origin.provenance.model_artifact_id)
    assert found["version"] == str(origin.version)
    assert found["restores"] == str(origin.restores or "")
    assert found["uri"].startswith(f"{home.artifacts}/taxi/")


def test_it_is_recorded_once_and_what_was_interrupted_too(home, recorded, folder, stand):
    stand(rollback(300, 100))
    record_in_home(home, folder)
    stand(rollback(350, 100))
    stand(rollback(400, 200, "/models/b", 2))
    record_in_home(home, folder)
    record_in_home(home, folder)

    assert versions(recorded()) == ["300", "350", "400"]


def test_a_record_that_is_gone_is_made_again(home, recorded, folder, stand, leanly):
    stand(push(100))
    record_in_home(home, folder)
    leanly(DELETE, str(home.metadata))
    assert recorded() == []

    record_in_home(home, folder)

    assert versions(recorded()) == ["100"]


@pytest.mark.parametrize(
    "unknown", [push(300, "/elsewhere"), push(300, model_id=77), push(300, seed=2)]
)
def test_a_model_that_is_not_known_is_recorded_without_it(home, recorded, folder, stand, unknown):
    """With a lost file of metadata, ids and URIs begin anew and come to mean other models."""
    stand(unknown)
    record_in_home(home, folder)

    (found,) = recorded()
    assert (found["version"], found["model_id"]) == ("300", 0)


def test_only_what_stands_and_was_pushed_is_recorded(home, recorded, folder, stand):
    stand(push(100))
    shutil.rmtree(folder / "100")  # removed on purpose; or named, and killed before the version
    (folder / "200").mkdir()  # somebody else's
    record_in_home(home, folder)

    assert recorded() == []


def test_tfx_takes_the_type_of_the_artifact_for_its_own(tmp_path, folder, stand, leanly):
    stand(push(100))
    with open_local(tmp_path / "metadata.db", write=True) as store:
        (found,) = record_unrecorded(store, folder, "gs://bucket/taxi")

    assert found == push(100)
    assert leanly(REGISTER, str(tmp_path / "metadata.db")) == [True, True]


def test_a_home_of_other_pipelines_is_left_alone(home, recorded, tmp_path):
    with pytest.raises(NotRecordedError, match=r"metadata\.db knows no run of penguin"):
        record_in_home(home, tmp_path / "store" / "penguin")
    assert recorded() == []


def test_a_home_without_metadata(tmp_path, folder):
    home = Home(tmp_path / "nothing")
    with pytest.raises(NotRecordedError, match=r"there is no .*metadata\.db"):
        record_in_home(home, folder)
    assert not home.root.exists()


def test_metadata_that_cannot_be_read(tmp_path, folder):
    home = Home(tmp_path)
    home.metadata.write_text("no database")
    with pytest.raises(
        NotRecordedError, match=r"metadata\.db cannot be written \(.*not a database\)"
    ):
        record_in_home(home, folder)


def test_it_waits_for_the_turn_of_a_run_in_progress(home, recorded, folder, stand, monkeypatch):
    stand(rollback(300, 100))
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
        record_in_home(home, folder)

    assert asked == [str(lock)]
    assert len(recorded()) == 1


def test_a_lock_that_cannot_be_written(home, folder):
    home.metadata.with_name("metadata.db.lock").mkdir()
    with pytest.raises(NotRecordedError, match=r"metadata\.db cannot be written \(.*directory"):
        record_in_home(home, folder)
