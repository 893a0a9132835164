"""Pusher's execution, in a process without TensorFlow and Beam, as an unchanged run has it."""

import json
import shutil

import pytest

from components.pusher.rollback import roll_back
from pipeline.lean_imports import LEAN_EXECUTORS

SNIPPET = """
from pathlib import Path
from components.pusher.executor import Executor
from tfx.dsl.components.base import base_executor
from tfx.types import standard_artifacts as types

root, properties = Path(sys.argv[1]), json.loads(sys.argv[2])
outputs = sys.argv[5]
if outputs != sys.argv[1]:  # a bucket, with the local folder in the place of its storage
    from pipeline import lean_buckets
    lean_imports.prepare_execution()
    from pyarrow import fs
    lean_buckets._storage = lambda: fs.SubTreeFileSystem(str(root.parent), fs.LocalFileSystem())

def artifact(kind, name, **numbers):
    made = kind()
    made.uri = f"{outputs}/{name}"
    for key, value in numbers.items():
        made.set_int_custom_property(key, value)
    return made

def run(number, remembered=()):
    pushes = [artifact(types.PushedModel, "push") for _ in remembered]
    for push, origin in zip(pushes, remembered):
        push.set_string_custom_property("origin", json.dumps(origin))
        place = root / "store" / "taxi" / str(origin["version"])
        push.set_string_custom_property("pushed_destination", str(place))
    latest = artifact(types.Model, "model1")
    latest.id = 1
    inputs = {
        "earlier_pushes": pushes,
        "latest_model": [latest],
        "model": [artifact(types.Model, f"model{number}")],
        "model_blessing": [artifact(types.ModelBlessing, "blessing", blessed=1)],
        "examples": [artifact(types.Examples, "examples")],
        "evaluation": [artifact(types.ModelEvaluation, "evaluation")],
    }
    inputs["model"][0].id = number
    pushed = artifact(types.PushedModel, "pushed")
    context = base_executor.BaseExecutor.Context(tmp_dir=f"{outputs}/tmp", unique_id="1")
    Executor(context).Do(inputs, {"pushed_model": [pushed]}, properties)
    return {key: value.string_value or value.int_value
            for key, value in pushed.mlmd_artifact.custom_properties.items()}

remembered = json.loads(sys.argv[4])
answer({"runs": [run(int(number), remembered) for number in sys.argv[3]],
        "heavy": [m for m in sys.modules if m.startswith(("tensorflow.python", "apache_beam"))]})
"""


@pytest.fixture
def push(leanly, tmp_path):
    """Runs the executor for models by their numbers."""
    for number in "123":
        source = tmp_path / f"model{number}" / "Format-Serving"
        source.mkdir(parents=True)
        (source / "saved_model.pb").write_text(number)

    def run(numbers, remembered=(), outputs=tmp_path, **properties):
        remembered = json.dumps([json.loads(origin) for origin in remembered])
        properties = {"model_store": str(tmp_path / "store"), "model_name": "taxi", **properties}
        arguments = (json.dumps(properties), numbers, remembered, str(outputs))
        return leanly(SNIPPET, str(tmp_path), *arguments)

    return run


def test_it_needs_neither_tensorflow_nor_beam(push):
    done = push("1")
    assert done["heavy"] == []
    assert "components.pusher.executor.Executor" in LEAN_EXECUTORS


def test_what_it_says_of_a_push_and_of_the_next_run(push, tmp_path):
    first, again = push("11")["runs"]
    version = first["pushed_version"]

    assert first["pushed_destination"] == str(tmp_path / "store" / "taxi" / version)
    assert (first["pushed"], first["model_id"]) == (1, 1)
    assert first["summary"] == f"taxi was pushed as version {version}"
    origin = tmp_path / "store" / "taxi" / f"{version}.json"
    assert first["origin"] == origin.read_text()
    assert again == {**first, "summary": f"taxi was already pushed as version {version}"}
    told = json.loads((tmp_path / "pushed" / "push.json").read_text())
    assert told["headline"] == again["summary"]


def test_a_model_in_a_bucket_is_fetched(push, tmp_path):
    (first,) = push("1", outputs=f"gs://{tmp_path.name}")["runs"]

    pushed = tmp_path / "store" / "taxi" / first["pushed_version"]
    assert (pushed / "saved_model.pb").read_text() == "1"


def test_old_versions_are_kept_while_no_server_can_be_asked(push, tmp_path):
    done = push("123", keep_versions=1, servers='["127.0.0.1:1"]')

    assert "; 2 old versions are kept, because the server 127.0.0.1:1" in done["runs"][2]["summary"]
    versions = [path.name for path in (tmp_path / "store" / "taxi").iterdir() if path.is_dir()]
    assert sorted(versions) == sorted(run["pushed_version"] for run in done["runs"])


def test_a_rollback_is_told_from_a_push(push, tmp_path):
    """Without it the Resolver would take what was rolled back for an earlier baseline."""
    first, _ = push("12")["runs"]
    done = roll_back(tmp_path / "store" / "taxi")

    good, bad = push("12")["runs"]

    assert good["pushed_version"] == str(done.origin.version)
    assert good["restores"] == first["pushed_version"]
    assert "restores" not in bad
    assert "and rolled back" in bad["summary"]


def test_a_rollback_outlives_the_store(push, tmp_path):
    """What ML Metadata remembers of the bad model and of the rollback is all that is left."""
    _, bad = push("12")["runs"]
    done = roll_back(tmp_path / "store" / "taxi")
    shutil.rmtree(tmp_path / "store")
    memory = [bad["origin"], done.origin.to_json()]

    (back,) = push("2", memory)["runs"]
    (again,) = push("2", [*memory[:1], back["origin"]])["runs"]

    assert (back["model_id"], back["restores"]) == (1, str(done.origin.restores))
    assert int(back["pushed_version"]) > done.origin.version
    assert back["summary"] == (
        f"version {done.origin.version} of taxi was gone from the model store and was pushed again "
        f"as version {back['pushed_version']}"
    )
    assert (again["model_id"], again["pushed_version"]) == (2, bad["pushed_version"])
    assert again["summary"].endswith(
        f"and rolled back; version {back['pushed_version']} is the newest"
    )


def test_another_store_has_not_lost_what_it_never_had(push, tmp_path):
    _, bad = push("12")["runs"]
    memory = [bad["origin"], roll_back(tmp_path / "store" / "taxi").origin.to_json()]

    (elsewhere,) = push("2", memory, model_store=str(tmp_path / "other"))["runs"]

    assert elsewhere["model_id"] == 2
    assert elsewhere["summary"] == f"taxi was pushed as version {elsewhere['pushed_version']}"


def test_without_servers_too(push):
    *_, last = push("12", keep_versions=1)["runs"]
    assert last["summary"].endswith(
        "1 old version is kept, because no server to ask is named in pusher.servers"
    )
