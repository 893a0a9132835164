"""A real API server takes every overlay, and its admission every pod; nothing is left behind."""

from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path

import pytest
import yaml

_OVERLAYS = Path(__file__).resolve().parents[2] / "k8s" / "overlays"
# Not the real names: what may be there already must neither change nor be in the way.
_UNIQUE = f"dry-run-{uuid.uuid4().hex[:6]}"
_NAMESPACES = {name: f"{_UNIQUE}-{name}" for name in ("tidemill", "kubeflow")}


def _kubectl(*arguments, text=None):
    done = subprocess.run(
        ["kubectl", *arguments], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def _objects(overlay):
    rendered = _kubectl("kustomize", str(_OVERLAYS / overlay)).stdout
    for name, other in _NAMESPACES.items():
        rendered = rendered.replace(f"namespace: {name}\n", f"namespace: {other}\n")
    objects = list(yaml.safe_load_all(rendered))
    for one in objects:
        if one["kind"] == "PriorityClass":
            one["metadata"]["name"] = _UNIQUE
    return objects


def _pods(objects):
    """Returns a pod of each workload."""
    for one in objects:
        spec = one.get("spec", {})
        template = spec.get("jobTemplate", one)["spec"].get("template") if spec else None
        if template:
            metadata = {"name": one["metadata"]["name"], "namespace": one["metadata"]["namespace"]}
            pod = {"restartPolicy": "Never", **template["spec"]}
            # What a dry run does not make, and a pod must find.
            pod.pop("serviceAccountName", None)
            pod.pop("priorityClassName", None)
            claims = [claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", ())]
            pod["volumes"] = [*pod["volumes"], *({"name": name, "emptyDir": {}} for name in claims)]
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod}


@pytest.fixture(scope="module")
def namespaces():
    """Namespaces that enforce what ours enforces."""
    (ours,) = (one for one in _objects("dev") if one["kind"] == "Namespace")
    for name in _NAMESPACES.values():
        there = {**ours, "metadata": {"name": name, "labels": ours["metadata"]["labels"]}}
        _kubectl("apply", "-f", "-", text=json.dumps(there))
        _kubectl("wait", "serviceaccount/default", f"--namespace={name}", "--for=create")
    yield
    _kubectl("delete", "namespace", *_NAMESPACES.values(), "--wait=false")


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize("overlay", [path.name for path in sorted(_OVERLAYS.iterdir())])
def test_the_api_server_takes_it(overlay):
    objects = [one for one in _objects(overlay) if one["kind"] != "Namespace"]
    pods = list(_pods(objects))
    assert len(pods) >= 3
    # A server that enforces the standard refuses a pod, and only warns of what makes such pods.
    every = "\n---\n".join(json.dumps(one) for one in (*objects, *pods))
    done = _kubectl(
        "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-", text=every
    )
    assert "Warning" not in done.stderr, done.stderr
    assert len(done.stdout.splitlines()) == len(objects) + len(pods)
