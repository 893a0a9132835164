"""What pipelines are told of an overlay is what the overlay sets up."""

from __future__ import annotations

import pytest
import yaml

from pipeline.config.kubeflow_section import GPU_POOL, KubeflowConfig


@pytest.fixture
def kubeflow(gpu_manifests, k8s_folder):
    path = k8s_folder / "overlays" / gpu_manifests.overlay / "kubeflow.yaml"
    return KubeflowConfig.model_validate(yaml.safe_load(path.read_text())["kubeflow"])


def test_the_gpu_pool_is_the_one_that_the_check_tries(gpu_manifests, kubeflow):
    check = gpu_manifests.workload("tidemill-gpu-check").spec
    pool = kubeflow.node_pools[GPU_POOL]
    assert pool.node_selector == check["nodeSelector"]
    tolerations = [one.model_dump(exclude_none=True) for one in pool.tolerations]
    assert tolerations == check["tolerations"]
    assert kubeflow.resources["training"].gpus == 1


def test_claims_account_and_metadata_service_exist(gpu_manifests, kubeflow):
    claims = gpu_manifests.names("PersistentVolumeClaim", kubeflow.namespace)
    assert {volume.claim for volume in kubeflow.volumes} == claims
    assert kubeflow.service_account in gpu_manifests.names("ServiceAccount", kubeflow.namespace)
    host, _, port = str(kubeflow.metadata).partition(":")
    name, _, namespace = host.partition(".")
    service = gpu_manifests.get("Service", name, namespace)
    assert int(port) in {one["port"] for one in service["spec"]["ports"]}


def test_models_are_pushed_to_the_volume_that_is_served(kubeflow):
    mounts = {volume.claim: volume.mount_path for volume in kubeflow.volumes}
    assert kubeflow.model_store == mounts["tidemill-models"]
    assert kubeflow.pipeline_root == mounts["tidemill-pipelines"]


def test_overlays_tell_pipelines_the_same_but_for_the_pool(k8s_folder):
    told = []
    for path in sorted(k8s_folder.glob("overlays/*/kubeflow.yaml")):
        settings = yaml.safe_load(path.read_text())
        settings["kubeflow"].pop("node_pools", None)
        settings["kubeflow"].pop("resources", None)
        told.append(settings)
    assert len(told) == 4
    assert all(one == told[0] for one in told)


def test_the_examples_run_where_the_overlays_set_up(k8s_folder):
    path = k8s_folder / "overlays" / "dev" / "kubeflow.yaml"
    told = yaml.safe_load(path.read_text())["kubeflow"]
    example = yaml.safe_load((k8s_folder.parent / "examples/taxi/pipeline.yaml").read_text())
    assert example["kubeflow"].items() >= told.items()
