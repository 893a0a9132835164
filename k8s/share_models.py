#!/usr/bin/env python3
"""Lets the model servers' namespace see the storage that pipelines push models to.

    python3 k8s/share_models.py

A claim belongs to one namespace and a volume to one claim, so the second namespace gets a volume of
its own with the same storage behind it. Run again at any time: what is right stays as it is. It
needs kubectl, and nothing beside Python's standard library.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

_SHARED = "tidemill-serving-models"
_SERVING_CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "namespace": "tidemill",
    "name": "models",
}
# What belongs to the claim of a volume, and not to the storage behind it.
_OF_THE_CLAIM = (
    "accessModes",
    "claimRef",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
)

Volume = dict[str, Any]


class SharingError(Exception):
    """The models cannot be shared; the message says why, and what to do."""


def shared_volume(pushed: Volume) -> Volume:
    """Returns the volume for the model servers.

    Args:
        pushed: The PersistentVolume that pipelines push models to.

    Returns:
        A PersistentVolume with the same storage. It goes without taking the storage along, and only
        the model servers' claim can have it.
    """
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": _SHARED, "labels": {"app.kubernetes.io/part-of": "tidemill"}},
        "spec": {
            **_storage(pushed),
            "accessModes": ["ReadWriteMany"],
            "claimRef": _SERVING_CLAIM,
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
        },
    }


def is_stale(existing: Volume, wanted: Volume) -> bool:
    """Whether a volume has to be made anew.

    Args:
        existing: The model servers' volume as it is.
        wanted: As it should be.

    Raises:
        SharingError: It has to be, and is in use.
    """
    phase = existing["status"]["phase"]
    same = _storage(existing) == _storage(wanted)
    if not same and phase == "Bound":
        raise SharingError(
            f"volume {_SHARED} is in use and has other storage than the models now; stop the "
            "servers first: kubectl -n tidemill delete deployment/serving pvc/models, run this "
            "again, and apply the overlay again"
        )
    # A volume whose claim was deleted remembers that claim, and is never given to a new one.
    return not same or phase in ("Released", "Failed")


def share(namespace: str, claim: str, timeout_s: int) -> str:
    """Makes the model servers' volume, if it is not there; returns what was done.

    Args:
        namespace: Where the pipelines run.
        claim: Their claim of the model volume.
        timeout_s: How long to wait for the claim to get its volume, seconds.

    Raises:
        SharingError: It cannot be made.
    """
    wanted = shared_volume(_volume_of(namespace, claim, timeout_s))
    found = _kubectl("get", "pv", _SHARED, "--ignore-not-found", "-o", "json")
    if found:
        if not is_stale(json.loads(found), wanted):
            return f"volume {_SHARED} is there already"
        _kubectl("delete", "pv", _SHARED)
    _kubectl("create", "-f", "-", text=json.dumps(wanted))
    return f"volume {_SHARED} made: the storage of {namespace}/{claim}"


def main() -> int:
    """Runs the command; returns its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--namespace", default="kubeflow", help="where the pipelines run")
    parser.add_argument("--claim", default="tidemill-models", help="their claim of the models")
    parser.add_argument("--timeout", type=int, default=600, help="wait for its volume, seconds")
    given = parser.parse_args()
    try:
        done = share(given.namespace, given.claim, given.timeout)
    except SharingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{done}\n")
    return 0


def _storage(volume: Volume) -> Volume:
    return {key: value for key, value in volume["spec"].items() if key not in _OF_THE_CLAIM}


def _volume_of(namespace: str, claim: str, timeout_s: int) -> Volume:
    _kubectl(
        "wait", "pvc", claim, f"--namespace={namespace}", f"--timeout={timeout_s}s",
        "--for=jsonpath={.status.phase}=Bound",
    )  # fmt: skip
    name = _kubectl(
        "get", "pvc", claim, f"--namespace={namespace}", "-o", "jsonpath={.spec.volumeName}"
    )
    volume: Volume = json.loads(_kubectl("get", "pv", name, "-o", "json"))
    return volume


def _kubectl(*arguments: str, text: str | None = None) -> str:
    command = ["kubectl", *arguments]
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise SharingError("kubectl is not installed, or not in PATH") from error
    if done.returncode != 0:
        raise SharingError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
