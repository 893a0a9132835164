import pytest
from tfx.types import standard_artifacts
from tfx.types.channel_utils import as_channel

from components.infra_validator.cluster.settings import PodSettings
from components.infra_validator.component import InfraValidator


def infra_validator(**changes):
    arguments = {
        "model": as_channel([standard_artifacts.Model()]),
        "examples": as_channel([standard_artifacts.Examples()]),
        "schema": as_channel([standard_artifacts.Schema()]),
        "model_name": "taxi",
    }
    return InfraValidator(**{**arguments, **changes})


def test_its_properties_are_the_configuration():
    node = infra_validator(label="tips", max_latency_ms=250, num_examples=8)
    assert node.exec_properties == {
        "model_name": "taxi",
        "num_examples": 8,
        "max_latency_ms": 250.0,
        "load_timeout_seconds": 60.0,
        "label": "tips",
        "backend": "process",
        "server_pod": "",
    }
    assert node.outputs["blessing"].type is standard_artifacts.InfraBlessing


def test_data_without_a_label():
    assert infra_validator(label=None).exec_properties["label"] == ""


def test_an_unknown_backend_is_refused_when_the_pipeline_is_built():
    with pytest.raises(ValueError, match="no backend 'docker'; choose from process, kubernetes"):
        infra_validator(backend="docker")


def test_the_cache_tells_pods_apart():
    """What serves the model is part of the question, so another image asks anew."""
    pods = [PodSettings(), PodSettings(image="tensorflow/serving:2.20.0")]
    properties = [
        infra_validator(backend="kubernetes", server_pod=pod).exec_properties["server_pod"]
        for pod in pods
    ]
    assert len({*properties, infra_validator().exec_properties["server_pod"]}) == 3
    assert (
        infra_validator(backend="process", server_pod=pods[1]).exec_properties["server_pod"] == ""
    )
