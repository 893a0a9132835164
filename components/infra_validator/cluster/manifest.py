"""The Pod of the model server, as it is sent to Kubernetes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from components.infra_validator.staging import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.infra_validator.cluster.settings import PodSettings
    from components.infra_validator.cluster.task_pod import ModelVolume, TaskPod

CONTAINER = "server"
GRPC_PORT, REST_PORT = 8500, 8501

_MODELS = "/models"
_LONGEST_MODEL_NAME = 40
_DEFAULT_UID = 1000
# The entry point of TensorFlow Serving's image is a shell that does not hand signals on, and
# nothing is worth waiting for.
_GRACE_SECONDS = 1
# How long a model may load is for us to say, with a sentence about it.
_FOR_EVER = 1_000_000

Manifest = dict[str, Any]


def pod_name(model_name: str, unique: str) -> str:
    """Returns a name for the server's Pod.

    Args:
        model_name: The model.
        unique: Letters or digits that no other Pod has.
    """
    readable = model_name.replace("_", "-")[:_LONGEST_MODEL_NAME].strip("-")
    return f"{readable}-infra-validator-{unique}"


def pod_manifest(
    name: str,
    model_name: str,
    volume: ModelVolume,
    task: TaskPod,
    settings: PodSettings,
    *,
    deadline_seconds: float,
    user: tuple[int, int],
) -> Manifest:
    """Returns a Pod that serves one model as the Deployment of the model server does.

    It never restarts, so that a crash is seen; it stands where the task's Pod stands, is owned by
    it, and meets Kubernetes' Pod Security Standard `restricted`.

    Args:
        name: The Pod's name.
        model_name: The name under which the model is served.
        volume: Where the model is.
        task: The Pod of the task.
        settings: The user's settings.
        deadline_seconds: When Kubernetes ends the Pod if nobody has deleted it.
        user: User and group id of the task, who wrote the model and so can read it.
    """
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(name, model_name, task),
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": int(deadline_seconds),
            "terminationGracePeriodSeconds": _GRACE_SECONDS,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": _pod_security(*user),
            "containers": [_container(model_name, volume, task, settings)],
            "volumes": [
                {"name": "model", "persistentVolumeClaim": {"claimName": volume.claim}},
                {"name": "tmp", "emptyDir": {}},
            ],
            "imagePullSecrets": list(task.image_pull_secrets),
            **_place(task),
            **(
                {"serviceAccountName": settings.service_account} if settings.service_account else {}
            ),
        },
    }


def server_flags(model_name: str, extra: Sequence[str] = ()) -> list[str]:
    """Returns the server's flags. Unlike a deployed one, it gives a model one chance to load."""
    return [
        f"--port={GRPC_PORT}",
        f"--rest_api_port={REST_PORT}",
        f"--model_name={model_name}",
        f"--model_base_path={_MODELS}/{model_name}",
        "--max_num_load_retries=0",
        "--enable_grpc_healthcheck_service",
        *extra,
    ]


def _metadata(name: str, model_name: str, task: TaskPod) -> Manifest:
    return {
        "name": name,
        "labels": {
            "app.kubernetes.io/name": "tidemill-infra-validator",
            "app.kubernetes.io/managed-by": "tidemill",
            # A mesh's proxy would keep the Pod alive and may ask for mutual TLS.
            "sidecar.istio.io/inject": "false",
        },
        "annotations": {
            "tidemill.dev/model": model_name,
            "sidecar.istio.io/inject": "false",
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        },
        "ownerReferences": [
            {"apiVersion": "v1", "kind": "Pod", "name": task.name, "uid": task.uid}
        ],
    }


def _container(
    model_name: str, volume: ModelVolume, task: TaskPod, settings: PodSettings
) -> Manifest:
    own_image = settings.image is None
    embedded = (sys.executable, "-m", "serving.server")
    command = settings.command or (embedded if own_image else ())
    return {
        "name": CONTAINER,
        "image": task.image if own_image else settings.image,
        **({"command": list(command)} if command else {}),
        "args": server_flags(model_name, settings.flags),
        "env": [
            # What the entry point of TensorFlow Serving's image makes flags of.
            {"name": "MODEL_NAME", "value": model_name},
            {"name": "MODEL_BASE_PATH", "value": _MODELS},
            {"name": "TF_CPP_MIN_LOG_LEVEL", "value": "2"},
            {"name": "HOME", "value": "/tmp"},  # noqa: S108 - a volume of this Pod alone
        ],
        "ports": [
            {"name": "grpc", "containerPort": GRPC_PORT},
            {"name": "rest", "containerPort": REST_PORT},
        ],
        **_probes(model_name),
        "resources": {
            "requests": {"cpu": settings.cpu, "memory": settings.memory},
            "limits": {"memory": settings.memory},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {
                "name": "model",
                "mountPath": f"{_MODELS}/{model_name}/{VERSION}",
                "subPath": volume.sub_path,
                "readOnly": True,
            },
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a volume of this Pod alone
        ],
    }


def _probes(model_name: str) -> Manifest:
    """Returns the probes of a deployed server, asked more often; nothing may restart this one."""
    often = {"periodSeconds": 1, "timeoutSeconds": 5}
    # 404 while no version is available; the path without /metadata answers 200 even then.
    metadata = {"path": f"/v1/models/{model_name}/metadata", "port": "rest"}
    return {
        "startupProbe": {"grpc": {"port": GRPC_PORT}, "failureThreshold": _FOR_EVER, **often},
        "readinessProbe": {"httpGet": metadata, **often},
    }


def _pod_security(uid: int, gid: int) -> Manifest:
    return {
        "runAsNonRoot": True,
        "runAsUser": uid or _DEFAULT_UID,
        "runAsGroup": gid,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _place(task: TaskPod) -> Manifest:
    """Puts the Pod into the task's pool, and on its node if there is room.

    There the volume is attached, also one that a single node can mount, and often the image lies.
    """
    place: Manifest = {
        "nodeSelector": dict(task.node_selector),
        "tolerations": list(task.tolerations),
    }
    if task.node:
        own_node = {"key": "metadata.name", "operator": "In", "values": [task.node]}
        preferred = [{"weight": 100, "preference": {"matchFields": [own_node]}}]
        place["affinity"] = {
            "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}
        }
    return place
