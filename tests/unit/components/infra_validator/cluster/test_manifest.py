import sys

import pytest
from kubernetes.client import ApiClient

from components.infra_validator.cluster.manifest import pod_manifest, pod_name
from components.infra_validator.cluster.settings import PodSettings
from components.infra_validator.cluster.task_pod import ModelVolume, read_task_pod

VOLUME = ModelVolume("pipeline-runs", "taxi/Trainer/model/7/Format-Serving")


@pytest.fixture
def manifest_of(cluster):
    task = read_task_pod(cluster.read("taxi-task"))

    def manifest(user=(1000, 0), **settings):
        made = pod_manifest(
            "taxi-infra-validator-1", "taxi", VOLUME, task, PodSettings(**settings),
            deadline_seconds=900.4, user=user,
        )  # fmt: skip
        return ApiClient().sanitize_for_serialization(made)

    return manifest


def container_of(manifest):
    (container,) = manifest["spec"]["containers"]
    return container


def test_kubernetes_knows_every_key(cluster, manifest_of):
    manifest = manifest_of(service_account="validators", image="tensorflow/serving:2.20.0")
    understood = ApiClient().sanitize_for_serialization(cluster.model_of(manifest))
    assert understood == manifest


def test_the_pod_is_the_tasks_and_ends_by_itself(manifest_of):
    manifest = manifest_of()
    assert manifest["metadata"]["ownerReferences"] == [
        {"apiVersion": "v1", "kind": "Pod", "name": "taxi-task", "uid": "8f-5a"}
    ]
    assert manifest["spec"]["activeDeadlineSeconds"] == 900
    assert manifest["spec"]["restartPolicy"] == "Never"


def test_it_stands_where_the_task_stands(manifest_of):
    spec = manifest_of()["spec"]
    assert spec["nodeSelector"] == {"pool": "cpu"}
    assert [each["key"] for each in spec["tolerations"]] == ["dedicated"]
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    (preferred,) = spec["affinity"]["nodeAffinity"][
        "preferredDuringSchedulingIgnoredDuringExecution"
    ]
    assert preferred["preference"]["matchFields"][0]["values"] == ["cpu-pool-1"]


def test_it_sees_the_model_alone_and_cannot_change_it(manifest_of):
    manifest = manifest_of()
    volumes = {each["name"]: each for each in manifest["spec"]["volumes"]}
    mounts = {each["name"]: each for each in container_of(manifest)["volumeMounts"]}
    assert volumes["model"]["persistentVolumeClaim"] == {"claimName": "pipeline-runs"}
    assert mounts["model"] == {
        "name": "model",
        "mountPath": "/models/taxi/1",
        "subPath": "taxi/Trainer/model/7/Format-Serving",
        "readOnly": True,
    }
    assert "--model_base_path=/models/taxi" in container_of(manifest)["args"]


def test_it_meets_the_restricted_standard_as_the_user_who_wrote_the_model(manifest_of):
    manifest = manifest_of(user=(1234, 0))
    assert manifest["spec"]["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1234,
        "runAsGroup": 0,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container_of(manifest)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert manifest["spec"]["automountServiceAccountToken"] is False


def test_roots_server_is_not_root(manifest_of):
    assert manifest_of(user=(0, 0))["spec"]["securityContext"]["runAsUser"] == 1000


def test_the_tasks_own_image_starts_the_embedded_server(manifest_of):
    container = container_of(manifest_of())
    assert container["image"] == "tidemill:1.0"
    assert container["command"] == [sys.executable, "-m", "serving.server"]


def test_an_image_of_its_own_starts_as_it_is_made_to(manifest_of):
    container = container_of(manifest_of(image="tensorflow/serving:2.20.0", flags=("--x=1",)))
    assert container["image"] == "tensorflow/serving:2.20.0"
    assert "command" not in container
    assert container["args"][-1] == "--x=1"
    named = {each["name"]: each["value"] for each in container["env"]}
    assert (named["MODEL_NAME"], named["MODEL_BASE_PATH"]) == ("taxi", "/models")


def test_nothing_but_the_model_decides_whether_it_restarts(manifest_of):
    container = container_of(manifest_of())
    assert "livenessProbe" not in container
    assert container["readinessProbe"]["httpGet"]["path"] == "/v1/models/taxi/metadata"


@pytest.mark.parametrize(
    ("model", "name"),
    [("taxi_2", "taxi-2-infra-validator-ab"), ("t" * 80, "t" * 40 + "-infra-validator-ab")],
)
def test_a_models_name_makes_a_pods_name(model, name):
    assert pod_name(model, "ab") == name


def test_settings_come_back_as_they_were():
    settings = PodSettings(image="i:1", command=("a", "b"), flags=("--c",), memory="1Gi")
    assert PodSettings.from_text(settings.to_text()) == settings
