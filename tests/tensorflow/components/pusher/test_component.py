import pytest
from tfx.types import standard_artifacts
from tfx.types.channel_utils import as_channel

from components.pusher.component import Pusher
from components.pusher.errors import StoreRefusedError


def pusher(**changes):
    arguments = {
        "model": as_channel([standard_artifacts.Model()]),
        "model_blessing": as_channel([standard_artifacts.ModelBlessing()]),
        "model_store": "/srv/models",
        "model_name": "taxi",
    }
    return Pusher(**{**arguments, **changes})


def test_it_is_built_with_the_inputs_that_the_pipeline_has():
    node = pusher(infra_blessing=as_channel([standard_artifacts.InfraBlessing()]))
    assert set(node.inputs) == {"model", "model_blessing", "infra_blessing"}
    assert set(node.outputs) == {"pushed_model"}
    assert node.outputs["pushed_model"].type is standard_artifacts.PushedModel
    assert node.exec_properties == {
        "model_store": "/srv/models",
        "model_name": "taxi",
        "keep_versions": None,
        "servers": "[]",
        "push_older_span": None,
        "spans_are_dates": None,
    }


def test_its_executor_is_a_path():
    encoded = pusher().executor_spec.encode()
    assert encoded.class_path == "components.pusher.executor.Executor"


def test_a_bucket_is_refused_when_the_pipeline_is_built():
    with pytest.raises(StoreRefusedError, match="atomic rename"):
        pusher(model_store="gs://bucket/models")


def test_a_name_that_is_no_folder_is_refused_when_the_pipeline_is_built():
    with pytest.raises(ValueError, match="cannot be a model's name"):
        pusher(model_name="../taxi")
