"""Environments are overlays: they differ where they have to and nowhere else."""

from __future__ import annotations

import copy
import runpy
from pathlib import Path
from unittest import mock

import setuptools

_ROOT = Path(__file__).resolve().parents[3]


def _without_places(manifests):
    """Returns the objects without node selectors, tolerations and storage classes."""
    places = {"nodeSelector", "tolerations", "storageClassName"}

    def stripped(value):
        if isinstance(value, dict):
            return {key: stripped(one) for key, one in value.items() if key not in places}
        if isinstance(value, list):
            return [stripped(one) for one in value]
        return value

    return stripped(copy.deepcopy(list(manifests.objects)))


def test_clusters_with_gpus_differ_in_places_alone(rendered):
    gke, eks, onprem = (rendered(name) for name in ("gke-gpu", "eks-gpu", "onprem-gpu"))
    assert _without_places(gke) == _without_places(eks) == _without_places(onprem)


def test_clusters_with_gpus_do_differ_in_places(rendered):
    overlays = [rendered(name) for name in ("gke-gpu", "eks-gpu", "onprem-gpu")]
    pools = [str(one.workload("tidemill-gpu-check").spec["nodeSelector"]) for one in overlays]
    files = [
        one.get("PersistentVolumeClaim", "tidemill-models", "kubeflow")["spec"]["storageClassName"]
        for one in overlays
    ]
    assert len(set(pools)) == len(set(files)) == len(overlays)


def test_every_claim_of_pipelines_and_the_database_has_the_overlays_storage(gpu_manifests):
    for claim in gpu_manifests.of_kind("PersistentVolumeClaim", "kubeflow"):
        assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
        assert claim["spec"]["storageClassName"]
    (database,) = gpu_manifests.get("StatefulSet", "mysql")["spec"]["volumeClaimTemplates"]
    assert database["spec"]["storageClassName"]


def test_dev_is_one_server_of_ours_and_sqlite(rendered):
    dev = rendered("dev")
    assert not dev.of_kind("HorizontalPodAutoscaler")
    assert not dev.of_kind("PodDisruptionBudget")
    assert not dev.of_kind("StatefulSet")
    assert dev.workload("serving").container["command"] == ["python", "-m", "serving.server"]
    metadata = dev.workload("metadata").container
    (database,) = (flag for flag in metadata["args"] if flag.startswith("--sqlite="))
    (mount,) = (one for one in metadata["volumeMounts"] if one["name"] == "data")
    assert database.removeprefix("--sqlite=").startswith(mount["mountPath"] + "/")
    assert not any("secret" in volume for volume in dev.workload("metadata").spec["volumes"])
    assert "env" not in metadata
    strategy = dev.get("Deployment", "metadata")["spec"]["strategy"]
    assert strategy == {"type": "Recreate"}  # one process at a time writes the file


def test_dev_serves_with_the_flags_and_probes_of_production(rendered):
    same = ("args", "startupProbe", "livenessProbe", "readinessProbe", "lifecycle", "volumeMounts")
    dev, production = (rendered(name).workload("serving").container for name in ("dev", "gke-gpu"))
    assert {key: dev[key] for key in same} == {key: production[key] for key in same}


def test_the_platforms_image_is_of_this_version(gpu_manifests):
    with mock.patch.object(setuptools, "setup") as setup:
        runpy.run_path(str(_ROOT / "setup.py"))
    version = setup.call_args.kwargs["version"]
    for workload in gpu_manifests.workloads:
        name, _, tag = workload.container["image"].partition(":")
        if name.startswith("tidemill"):
            assert tag == version
