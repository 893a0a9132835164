"""The overlay `dev` in namespaces of its own, beside whatever a cluster holds already."""

from __future__ import annotations

import contextlib
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from cluster import IMAGE, WAIT_SECONDS, kubectl

from k8s.share_models import shared_volume

if TYPE_CHECKING:
    from collections.abc import Iterator

_OVERLAY = Path(__file__).resolve().parents[2] / "k8s" / "overlays" / "dev"
_CLAIM, _VOLUME = "tidemill-models", "tidemill-serving-models"
_READY_SECONDS = 300


@dataclass(frozen=True)
class Platform:
    """What `kubectl apply -k k8s/overlays/dev` sets up, under other names.

    Attributes:
        services: Namespace of the metadata service and of the model server.
        runs: Namespace that stands for Kubeflow's, in which tasks run.
    """

    services: str
    runs: str

    @property
    def metadata(self) -> str:
        """Address of the metadata service for pods."""
        return f"metadata.{self.services}:8080"

    def served_versions(self) -> list[str]:
        """Returns the versions of the taxi model that the model server finds in its volume."""
        command = ["exec", f"--namespace={self.services}", "deployment/serving", "--"]
        listed = kubectl(*command, "ls", "/models/taxi")
        return sorted(name for name in listed.split() if name.isdigit())


@contextlib.contextmanager
def installed() -> Iterator[Platform]:
    """Applies the overlay, waits for the metadata service, and takes all of it away in the end."""
    mark = uuid.uuid4().hex[:6]
    platform = Platform(f"tidemill-test-{mark}", f"tidemill-test-{mark}-runs")
    names = {
        "tidemill": platform.services,
        "kubeflow": platform.runs,
        "localhost/tidemill:dev": IMAGE,
        # What belongs to no namespace.
        "tidemill-serving": f"tidemill-test-{mark}",
        _VOLUME: f"tidemill-test-{mark}",
    }
    objects = list(yaml.safe_load_all(kubectl("kustomize", str(_OVERLAY))))
    try:
        kubectl("create", "namespace", platform.runs)
        _apply(*(_renamed(one, names) for one in objects))
        _apply(_renamed(_volume_of_server(platform), names))
        _await_metadata(platform)
        yield platform
    finally:
        kubectl("delete", "namespace", "--ignore-not-found", platform.services, platform.runs)
        for kind in ("priorityclass", "persistentvolume"):
            kubectl("delete", kind, "--ignore-not-found", f"tidemill-test-{mark}")


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """Returns an object in which texts that are names have other ones."""
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def _apply(*objects: dict[str, Any]) -> None:
    # A namespace has to be there before what is in it.
    kubectl("apply", "-f", "-", text="\n---\n".join(json.dumps(one) for one in objects))


def _volume_of_server(platform: Platform) -> dict[str, Any]:
    """Returns the model server's view of the volume that the tasks' claim has been given."""
    # With storage that is made at its first use, this waits for the job that tries the volumes.
    claim = ("pvc", _CLAIM, f"--namespace={platform.runs}")
    bound = "--for=jsonpath={.status.phase}=Bound"
    kubectl("wait", *claim, bound, f"--timeout={WAIT_SECONDS}s")
    name = kubectl("get", *claim, "--output=jsonpath={.spec.volumeName}")
    return shared_volume(json.loads(kubectl("get", "pv", name, "--output=json")))


def _await_metadata(platform: Platform) -> None:
    service = ("deployment/metadata", f"--namespace={platform.services}")
    kubectl("rollout", "status", *service, f"--timeout={_READY_SECONDS}s")
    job = ("job/tidemill-prepare-volumes", f"--namespace={platform.runs}")
    kubectl("wait", *job, "--for=condition=complete", f"--timeout={_READY_SECONDS}s")
