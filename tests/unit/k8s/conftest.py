"""Renders the overlays of k8s/ with kubectl, once a session."""

from __future__ import annotations

import functools
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

K8S = Path(__file__).resolve().parents[3] / "k8s"
OVERLAYS = ("dev", "gke-gpu", "eks-gpu", "onprem-gpu")
GPU_OVERLAYS = OVERLAYS[1:]
_POD_PATHS = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}


@dataclass(frozen=True)
class Workload:
    """What makes pods.

    Attributes:
        kind: Its kind.
        name: Its name.
        namespace: Where its pods are.
        labels: Their labels.
        spec: Their spec.
    """

    kind: str
    name: str
    namespace: str
    labels: dict[str, str]
    spec: dict[str, Any]

    @property
    def container(self) -> dict[str, Any]:
        (container,) = self.spec["containers"]
        return container


@dataclass(frozen=True)
class Manifests:
    """What an overlay renders to."""

    overlay: str
    objects: tuple[dict[str, Any], ...]

    def of_kind(self, kind: str, namespace: str | None = None) -> list[dict[str, Any]]:
        return [
            one
            for one in self.objects
            if one["kind"] == kind and namespace in (None, one["metadata"].get("namespace"))
        ]

    def get(self, kind: str, name: str, namespace: str = "tidemill") -> dict[str, Any]:
        found = [one for one in self.of_kind(kind, namespace) if one["metadata"]["name"] == name]
        assert found, f"{self.overlay} has no {kind} {namespace}/{name}"
        return found[0]

    def names(self, kind: str, namespace: str | None = None) -> set[str]:
        return {one["metadata"]["name"] for one in self.of_kind(kind, namespace)}

    @property
    def workloads(self) -> list[Workload]:
        return [
            Workload(
                kind,
                one["metadata"]["name"],
                one["metadata"]["namespace"],
                (pod := functools.reduce(dict.__getitem__, path, one))["metadata"]["labels"],
                pod["spec"],
            )
            for kind, path in _POD_PATHS.items()
            for one in self.of_kind(kind)
        ]

    def workload(self, name: str) -> Workload:
        (found,) = (one for one in self.workloads if one.name == name)
        return found


@functools.cache
def render(overlay: str) -> Manifests:
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed, and nothing else renders kustomize's overlays")
    done = subprocess.run(
        ["kubectl", "kustomize", str(K8S / "overlays" / overlay)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr  # deprecations
    return Manifests(overlay, tuple(yaml.safe_load_all(done.stdout)))


@pytest.fixture(params=OVERLAYS)
def manifests(request) -> Manifests:
    """What each of the overlays renders to."""
    return render(request.param)


@pytest.fixture(params=GPU_OVERLAYS)
def gpu_manifests(request) -> Manifests:
    """What each of the overlays for clusters with GPU nodes renders to."""
    return render(request.param)


@pytest.fixture
def rendered():
    """Returns `render(overlay)`."""
    return render


@pytest.fixture
def k8s_folder() -> Path:
    """The folder of the manifests."""
    return K8S


@pytest.fixture
def every_overlay() -> list[Manifests]:
    """What all overlays render to."""
    return [render(overlay) for overlay in OVERLAYS]
