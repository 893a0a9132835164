"""The model servers' volume has the storage of the pipelines' models."""

from __future__ import annotations

import json
import os
import stat
import sys

import pytest

from k8s import share_models

# A kubectl that answers from a file per resource and writes down what it was asked.
_KUBECTL = """#!{python}
import json, pathlib, sys
folder = pathlib.Path({folder!r})
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
verb, *rest = sys.argv[1:]
if verb == "wait":
    sys.exit("error: timed out waiting for the condition" if (folder / "unbound").exists() else 0)
if verb == "create":
    (folder / "created").write_text(sys.stdin.read())
if verb == "get" and rest[0] == "pvc":
    print("pvc-1", end="")
if verb == "get" and rest[0] == "pv":
    path = folder / rest[1]
    print(path.read_text() if path.exists() else "", end="")
"""


def _volume(**changes):
    spec = {
        "capacity": {"storage": "20Gi"},
        "accessModes": ["ReadWriteMany"],
        "claimRef": {"namespace": "kubeflow", "name": "tidemill-models", "uid": "1-2"},
        "csi": {"driver": "files.example.com", "volumeHandle": "share-1"},
        "mountOptions": ["nfsvers=4.1"],
        "nodeAffinity": {"required": {"nodeSelectorTerms": []}},
        "persistentVolumeReclaimPolicy": "Delete",
        "storageClassName": "files",
        "volumeMode": "Filesystem",
    }
    return {
        "metadata": {"name": "pvc-1", "uid": "3-4"},
        "spec": {**spec, **changes},
        "status": {"phase": "Bound"},
    }


def _existing(phase, **changes):
    made = share_models.shared_volume(_volume(**changes))
    made["spec"]["claimRef"] = {**made["spec"]["claimRef"], "uid": "5-6"}
    return {**made, "status": {"phase": phase}}


@pytest.fixture
def kubectl(tmp_path, monkeypatch):
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text(_KUBECTL.format(python=sys.executable, folder=str(tmp_path)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "pvc-1").write_text(json.dumps(_volume()))
    return tmp_path


def _verbs(folder):
    calls = [json.loads(line) for line in (folder / "calls").read_text().splitlines()]
    return [call[0] for call in calls]


def test_the_storage_is_the_same_and_the_claim_is_the_servers():
    made = share_models.shared_volume(_volume())
    spec = made["spec"]
    for key in ("capacity", "csi", "mountOptions", "nodeAffinity", "volumeMode"):
        assert spec[key] == _volume()["spec"][key]
    assert (spec["claimRef"]["namespace"], spec["claimRef"]["name"]) == ("tidemill", "models")
    assert "uid" not in spec["claimRef"]
    # Deleting this volume must not delete the models.
    assert spec["persistentVolumeReclaimPolicy"] == "Retain"


def test_the_claim_asks_for_this_volume_and_can_have_it(manifests):
    made = share_models.shared_volume(_volume())
    claim = manifests.get("PersistentVolumeClaim", "models")
    assert claim["spec"]["volumeName"] == made["metadata"]["name"]
    assert claim["spec"]["storageClassName"] == made["spec"]["storageClassName"]
    assert set(claim["spec"]["accessModes"]) <= set(made["spec"]["accessModes"])
    assert claim["metadata"]["name"] == made["spec"]["claimRef"]["name"]
    assert claim["metadata"]["namespace"] == made["spec"]["claimRef"]["namespace"]


@pytest.mark.parametrize(
    ("existing", "stale"),
    [
        (_existing("Bound"), False),
        (_existing("Available"), False),
        (_existing("Released"), True),
        (_existing("Available", csi={"driver": "files.example.com", "volumeHandle": "old"}), True),
    ],
)
def test_when_it_is_made_anew(existing, stale):
    assert share_models.is_stale(existing, share_models.shared_volume(_volume())) is stale


def test_a_volume_in_use_is_not_taken_away():
    old = _existing("Bound", csi={"driver": "files.example.com", "volumeHandle": "old"})
    with pytest.raises(share_models.SharingError, match="delete deployment/serving pvc/models"):
        share_models.is_stale(old, share_models.shared_volume(_volume()))


def test_it_is_made_once(kubectl):
    assert "made" in share_models.share("kubeflow", "tidemill-models", 1)
    created = json.loads((kubectl / "created").read_text())
    assert created == share_models.shared_volume(_volume())
    (kubectl / "tidemill-serving-models").write_text(json.dumps(_existing("Bound")))
    (kubectl / "calls").unlink()
    assert "already" in share_models.share("kubeflow", "tidemill-models", 1)
    assert "create" not in _verbs(kubectl)
    assert "delete" not in _verbs(kubectl)


def test_one_that_lost_its_claim_is_replaced(kubectl):
    (kubectl / "tidemill-serving-models").write_text(json.dumps(_existing("Released")))
    share_models.share("kubeflow", "tidemill-models", 1)
    assert _verbs(kubectl)[-2:] == ["delete", "create"]


def test_a_claim_without_a_volume_is_said(kubectl, capsys, monkeypatch):
    (kubectl / "unbound").touch()
    monkeypatch.setattr(sys, "argv", ["share_models.py", "--timeout=1"])
    assert share_models.main() == 1
    assert "kubectl wait pvc tidemill-models" in capsys.readouterr().err


def test_without_kubectl_it_says_so(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "argv", ["share_models.py"])
    assert share_models.main() == 1
    assert capsys.readouterr().err == "kubectl is not installed, or not in PATH\n"
