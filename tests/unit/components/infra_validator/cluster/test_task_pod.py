from pathlib import Path

import pytest

from components.infra_validator.cluster.task_pod import (
    ModelVolume,
    read_task_pod,
    task_pod_name,
)
from components.infra_validator.errors import InfraValidationError


@pytest.fixture
def task(cluster):
    return read_task_pod(cluster.read("taxi-task"))


def test_the_main_container_counts(task):
    assert (task.name, task.uid, task.node) == ("taxi-task", "8f-5a", "cpu-pool-1")
    assert task.image == "tidemill:1.0"
    assert task.node_selector == {"pool": "cpu"}
    assert [each.key for each in task.tolerations] == ["dedicated"]
    assert [each.name for each in task.image_pull_secrets] == ["registry"]


def test_a_pod_without_a_main_container_has_its_first(cluster):
    pod = cluster.read("taxi-task")
    pod.spec.containers[1].name = "validate"
    pod.spec.containers.pop(0)
    assert read_task_pod(pod).image == "tidemill:1.0"


@pytest.mark.parametrize(
    ("folder", "claim", "sub_path"),
    [
        ("/tidemill/taxi/Trainer/model/7", "pipeline-runs", "teams/a/taxi/Trainer/model/7"),
        # The nearest mount holds it, not the one around that.
        ("/tidemill/models/taxi", "models", "taxi"),
        ("/tidemill/modelsofold/taxi", "pipeline-runs", "teams/a/modelsofold/taxi"),
    ],
)
def test_the_volume_that_holds_the_model(task, folder, claim, sub_path):
    assert task.volume_of(Path(folder)) == ModelVolume(claim, sub_path)


@pytest.mark.parametrize(
    ("folder", "why"),
    [
        ("/home/me/model", "on none of the volumes"),
        ("/scratch/fetched/model", "below /scratch, a volume without a claim"),
        ("/by-name/model", "mounted with subPathExpr"),
    ],
)
def test_a_model_that_no_other_pod_can_mount_is_an_error_with_the_fix(task, folder, why):
    with pytest.raises(InfraValidationError, match=why) as caught:
        task.volume_of(Path(folder))
    assert "kubeflow.volumes" in str(caught.value)
    assert caught.value.subject == folder


def test_kubeflow_tells_the_pods_name_and_the_host_is_named_after_it():
    assert task_pod_name({"KFP_POD_NAME": "a", "HOSTNAME": "b"}) == "a"
    assert task_pod_name({"KFP_POD_NAME": "", "HOSTNAME": "b"}) == "b"
    with pytest.raises(InfraValidationError, match="set KFP_POD_NAME"):
        task_pod_name({})
