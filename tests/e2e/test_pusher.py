"""Pusher as a node of a TFX pipeline, and what it pushed, served."""

import json
from pathlib import Path

import pytest
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.dsl.components.common.importer import Importer
from tfx.orchestration import metadata
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.pipeline import Pipeline
from tfx.types import standard_artifacts

from components.infra_validator.backends import ProcessBackend
from components.pusher.component import Pusher
from components.pusher.executor import Executor
from components.pusher.fingerprint import fingerprint
from components.pusher.outcome import PushOutcome


@pytest.fixture
def model(tmp_path):
    """A model artifact's folder with a real SavedModel."""
    import tensorflow as tf

    class Double(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def double(self, x):
            return {"y": 2.0 * x}

    module = Double()
    folder = tmp_path / "artifacts" / "model"
    tf.saved_model.save(
        module, str(folder / "Format-Serving"), signatures={"serving_default": module.double}
    )
    return folder


@pytest.fixture
def evaluation(tmp_path):
    """An evaluation's folder, written by TFMA: three predictions of four are right."""
    import pandas as pd
    import tensorflow_model_analysis as tfma
    from google.protobuf import text_format
    from tensorflow_model_analysis.proto import config_pb2

    config = text_format.Parse(
        """
        model_specs { label_key: "label" prediction_key: "prediction" }
        slicing_specs {}
        metrics_specs { metrics { class_name: "BinaryAccuracy" } }
        """,
        config_pb2.EvalConfig(),
    )
    data = pd.DataFrame({"label": [0, 1, 1, 0], "prediction": [0.1, 0.9, 0.4, 0.2]})
    folder = tmp_path / "artifacts" / "evaluation"
    tfma.analyze_raw_data(data, config, output_path=str(folder))
    return folder


def run(tmp_path, model, evaluation="/evaluation", *, blessed=1, infra_blessed=1):
    """Runs the node in a pipeline; returns the newest pushed model's artifact."""
    nodes = {
        "model": (str(model), standard_artifacts.Model, {}),
        "model_blessing": ("/blessing", standard_artifacts.ModelBlessing, {"blessed": blessed}),
        "infra_blessing": ("/infra", standard_artifacts.InfraBlessing, {"blessed": infra_blessed}),
        "examples": ("/examples", standard_artifacts.Examples, {"input_fingerprint": "f"}),
        "evaluation": (str(evaluation), standard_artifacts.ModelEvaluation, {}),
    }
    importers = {
        name: Importer(uri, kind, custom_properties=properties, reimport=True).with_id(name)
        for name, (uri, kind, properties) in nodes.items()
    }
    pusher = Pusher(
        **{name: node.outputs["result"] for name, node in importers.items()},
        model_store=str(tmp_path / "models"),
        model_name="double",
    )
    connection = metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.db"))
    LocalDagRunner().run(
        Pipeline(
            "push",
            str(tmp_path / "artifacts"),
            components=[*importers.values(), pusher],
            metadata_connection_config=connection,
            enable_cache=False,
        )
    )
    with metadata.Metadata(connection) as handle:
        artifacts = handle.store.get_artifacts_by_type("PushedModel")
    return max(artifacts, key=lambda artifact: artifact.id)


def outcome_of(artifact):
    with open(f"{artifact.uri}/push.json") as file:  # noqa: PTH123 a URI
        return PushOutcome.from_json(file.read())


def test_a_blessed_model_is_pushed_once_and_can_be_served(tmp_path, model, evaluation):
    first = run(tmp_path, model, evaluation)
    store = tmp_path / "models" / "double"
    version = first.custom_properties["pushed_version"].string_value

    assert first.custom_properties["pushed"].int_value == 1
    assert first.custom_properties["pushed_destination"].string_value == str(store / version)
    origin = json.loads((store / f"{version}.json").read_text())
    assert origin["pipeline"] == "push"
    assert origin["run_id"]
    assert origin["model_uri"] == str(model)
    assert origin["model_artifact_id"] > 0
    assert origin["data"] == [
        {"uri": "/examples", "span": None, "version": None, "fingerprint": "f"}
    ]
    assert origin["metrics"] == {"binary_accuracy": 0.75}
    assert set(origin["software"]) == {"tidemill", "tensorflow", "tfx"}

    again = outcome_of(run(tmp_path, model, evaluation))
    assert (again.already, again.version) == (True, int(version))
    assert again.headline == f"double was already pushed as version {version}"
    assert sorted(path.name for path in store.iterdir()) == [".lock", version, f"{version}.json"]

    backend = ProcessBackend(tmp_path / "server.log", 120, tmp_path)
    with backend.serve("double", store / version) as endpoints:
        assert endpoints.rest.startswith("127.0.0.1:")


def test_a_model_that_lacks_a_blessing_is_not_pushed(tmp_path, model):
    artifact = run(tmp_path, model, infra_blessed=0)

    assert artifact.custom_properties["pushed"].int_value == 0
    assert "pushed_version" not in artifact.custom_properties
    assert outcome_of(artifact).headline == (
        "double was not pushed: it lacks the blessing of InfraValidator"
    )
    assert not (tmp_path / "models").exists()


def test_a_model_in_remote_storage_is_fetched(tmp_path, model, monkeypatch):
    """A URI with a scheme goes through TFX's file systems; `file://` stands for a bucket.

    A pipeline root in a bucket puts the node's own temporary folder there, too.
    """
    source, blessing, pushed = (
        kind()
        for kind in (
            standard_artifacts.Model,
            standard_artifacts.ModelBlessing,
            standard_artifacts.PushedModel,
        )
    )
    source.uri = f"file://{model}"
    blessing.set_int_custom_property("blessed", 1)
    pushed.uri = str(tmp_path / "pushed")
    options = {"model_store": str(tmp_path / "models"), "model_name": "double"}
    context = BaseExecutor.Context(tmp_dir=f"file://{tmp_path}/temporary", unique_id="1")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    inputs = {"model": [source], "model_blessing": [blessing]}
    Executor(context).Do(inputs, {"pushed_model": [pushed]}, options)

    outcome = outcome_of(pushed)
    assert outcome.pushed
    assert fingerprint(Path(outcome.destination)) == fingerprint(model / "Format-Serving")
    assert not list(scratch.iterdir())
