"""Pods for the tasks of a compiled pipeline, as Kubeflow Pipelines 2.17 would have them.

The launcher, the driver and Argo's helpers are left out: the container's command is the task's own,
so that its exit status is, too.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cluster import awaited, kubectl

from pipeline.kubeflow.task_result import TaskResult

if TYPE_CHECKING:
    from pipeline_spec_interpreter import TaskToRun

# Writable folders that Kubeflow gives to every container.
_SCRATCH = ("/minio", "/gcs", "/s3", "/.local", "/.cache", "/.config")
# What the image says that it writes besides; its home is there.
_TEMPORARY = "/tmp"  # noqa: S108 - in a pod
_ABOUT_THE_POD = {"KFP_POD_NAME": "metadata.name", "KFP_POD_UID": "metadata.uid"}
_SECURITY_CONTEXT = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
_UNDERSTOOD = {
    "activeDeadlineSeconds",
    "emptyDirMounts",
    "imagePullPolicy",
    "imagePullSecret",
    "nodeSelector",
    "podMetadata",
    "pvcMount",
    "tolerations",
}
_NO_IMAGE = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"}
_LIMIT_SECONDS = 1500


def pod_of(
    task: TaskToRun, name: str, service_account: str, *, read_only: bool = False
) -> dict[str, Any]:
    """Returns the pod of a task.

    Args:
        task: The task, with its arguments filled in.
        name: Name of the pod.
        service_account: The account that runs are submitted with.
        read_only: Whether the image's files may not be written, which Kubeflow cannot ask for.
    """
    platform = task.platform
    assert _UNDERSTOOD.issuperset(platform), f"what do {set(platform) - _UNDERSTOOD} mean?"
    claims = platform.get("pvcMount", ())
    metadata = platform.get("podMetadata", {})
    limits = {its["mountPath"]: its["sizeLimit"] for its in platform.get("emptyDirMounts", ())}
    temporary = [_TEMPORARY] if read_only else []
    scratch = tuple(dict.fromkeys([*_SCRATCH, *temporary, *limits]))
    container = _container(task, scratch)
    if read_only:
        container["securityContext"]["readOnlyRootFilesystem"] = True
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "annotations": metadata.get("annotations", {}),
            "labels": {**metadata.get("labels", {}), "pipelines.kubeflow.org/v2_component": "true"},
        },
        "spec": {
            "restartPolicy": "Never",
            "serviceAccountName": service_account,
            "activeDeadlineSeconds": int(platform["activeDeadlineSeconds"]),
            "nodeSelector": platform.get("nodeSelector", {}).get("labels", {}),
            "tolerations": platform.get("tolerations", []),
            "imagePullSecrets": [
                {"name": secret["constant"]} for secret in platform.get("imagePullSecret", ())
            ],
            "containers": [container],
            "volumes": [
                *(
                    {
                        "name": _volume(path),
                        "emptyDir": {"sizeLimit": limits[path]} if path in limits else {},
                    }
                    for path in scratch
                ),
                *(
                    {
                        "name": claim["constant"],
                        "persistentVolumeClaim": {"claimName": claim["constant"]},
                    }
                    for claim in claims
                ),
            ],
        },
    }


@dataclass(frozen=True)
class Ended:
    """A task whose pod has ended.

    Attributes:
        task: The task.
        pod: Name of the pod.
        node: The node of the cluster on which it ran.
        status: Exit status of its container.
        log: All that it printed.
    """

    task: TaskToRun = field(repr=False)
    pod: str
    node: str
    status: int
    log: str = field(repr=False)

    @property
    def result(self) -> TaskResult:
        """What the task itself says of it."""
        found = TaskResult.found_in(self.log)
        assert found is not None, self.log
        return found

    @property
    def states(self) -> dict[str, str]:
        """The states of its TFX nodes."""
        return {node: its["state"] for node, its in self.result.nodes.items()}


@dataclass(frozen=True)
class TaskPods:
    """Runs tasks as pods.

    Attributes:
        core: The API of the cluster.
        namespace: Namespace of the pods.
        service_account: Their account.
        read_only: Whether the image's files may not be written.
    """

    core: Any
    namespace: str
    service_account: str
    read_only: bool = False

    def run(self, task: TaskToRun) -> Ended:
        """Runs a task to its end, however that may be."""
        return self.end(task, self.start(task))

    def start(self, task: TaskToRun) -> str:
        """Starts a task's pod; returns its name."""
        name = f"{task.name[:50]}-{uuid.uuid4().hex[:6]}"
        pod = pod_of(task, name, self.service_account, read_only=self.read_only)
        self.core.create_namespaced_pod(self.namespace, pod)
        return name

    def end(self, task: TaskToRun, name: str) -> Ended:
        """Waits for the end of a task's pod."""
        pod = self._await(name, _has_ended)
        assert _trouble(pod) is None, f"{name}: {_trouble(pod)}: load the image {task.image}"
        assert pod.status.container_statuses, f"{name}: {pod.status.message}"
        ended = pod.status.container_statuses[0].state.terminated
        log = kubectl("logs", f"--namespace={self.namespace}", name)
        return Ended(task, name, pod.spec.node_name, ended.exit_code, log)

    def lose_when(self, name: str, shell_condition: str) -> None:
        """Takes a pod away, as happens with its node, as soon as a condition holds inside it."""
        self._await(name, _is_running)
        wait = f"until {shell_condition}; do sleep 0.2; done"
        kubectl("exec", f"--namespace={self.namespace}", name, "--", "sh", "-c", wait)
        kubectl(
            "delete", "pod", name, f"--namespace={self.namespace}", "--grace-period=0", "--force"
        )

    def _await(self, name: str, condition: Any) -> Any:
        return awaited(
            self.core.list_namespaced_pod,
            self.namespace,
            lambda pod: pod.metadata.name == name and condition(pod),
            _LIMIT_SECONDS,
        )


def _container(task: TaskToRun, scratch: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": "main",
        "image": task.image,
        "imagePullPolicy": task.platform["imagePullPolicy"],
        "command": list(task.command),
        "env": [
            *(
                {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
                for name, path in _ABOUT_THE_POD.items()
            ),
            *({"name": name, "value": value} for name, value in task.env.items()),
        ],
        "resources": _resources(task),
        "securityContext": {**_SECURITY_CONTEXT},
        "volumeMounts": [
            *({"name": _volume(path), "mountPath": path} for path in scratch),
            *(
                {
                    "name": claim["constant"],
                    "mountPath": claim["mountPath"],
                    "subPath": claim.get("subPath", ""),
                }
                for claim in task.platform.get("pvcMount", ())
            ),
        ],
    }


def _resources(task: TaskToRun) -> dict[str, dict[str, str]]:
    given = task.resources
    limits = {
        "cpu": given.get("resourceCpuLimit"),
        "memory": given.get("resourceMemoryLimit"),
    }
    requests = {
        "cpu": given.get("resourceCpuRequest"),
        "memory": given.get("resourceMemoryRequest"),
    }
    gpus = given.get("accelerator")
    if gpus:
        limits[gpus["resourceType"]] = gpus["resourceCount"]
    return {
        kind: {name: value for name, value in amounts.items() if value}
        for kind, amounts in (("limits", limits), ("requests", requests))
    }


def _volume(path: str) -> str:
    return f"scratch-{path.strip('/.')}"


def _trouble(pod: Any) -> str | None:
    """Returns why a pod will never start, if its image is the reason."""
    waiting = [status.state.waiting for status in pod.status.container_statuses or ()]
    found = (its for its in waiting if its and its.reason in _NO_IMAGE)
    return next((f"{its.reason}: {its.message}" for its in found), None)


def _is_running(pod: Any) -> bool:
    assert not _has_ended(pod), f"{pod.metadata.name} ended early"
    return bool(pod.status.phase == "Running")


def _has_ended(pod: Any) -> bool:
    return pod.status.phase in ("Succeeded", "Failed") or _trouble(pod) is not None
