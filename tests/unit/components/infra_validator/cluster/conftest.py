"""Kubernetes' API as a fake, made of its client's own models."""

import copy

import pytest
from kubernetes.client import ApiClient

from components.infra_validator.cluster.pod_state import Waiting, pod_state
from components.infra_validator.cluster.refusals import ClusterRefusedError, Refusal

TASK_POD = {
    "metadata": {"name": "taxi-task", "uid": "8f-5a", "namespace": "kubeflow"},
    "spec": {
        "nodeName": "cpu-pool-1",
        "nodeSelector": {"pool": "cpu"},
        "tolerations": [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}],
        "imagePullSecrets": [{"name": "registry"}],
        "containers": [
            {"name": "wait", "image": "argoexec:v4"},
            {
                "name": "main",
                "image": "tidemill:1.0",
                "volumeMounts": [
                    {"name": "runs", "mountPath": "/tidemill", "subPath": "teams/a"},
                    {"name": "models", "mountPath": "/tidemill/models"},
                    {"name": "scratch", "mountPath": "/scratch"},
                    {"name": "runs", "mountPath": "/by-name", "subPathExpr": "$(POD_NAME)"},
                ],
            },
        ],
        "volumes": [
            {"name": "runs", "persistentVolumeClaim": {"claimName": "pipeline-runs"}},
            {"name": "models", "persistentVolumeClaim": {"claimName": "models"}},
            {"name": "scratch", "emptyDir": {}},
        ],
    },
    "status": {"phase": "Running"},
}


def model_of(pod):
    """Returns a V1Pod of what kubectl would show."""
    return ApiClient()._ApiClient__deserialize(pod, "V1Pod")


def status(phase="Running", ready=False, address=None, reason=None, message=None, **state):
    """Returns the status of a server's Pod whose container is in a state."""
    return {
        "phase": phase,
        "podIP": address,
        "reason": reason,
        "message": message,
        "conditions": [{"type": "Ready", "status": str(ready)}],
        "containerStatuses": [
            {
                "name": "server",
                "image": "i",
                "imageID": "",
                "ready": ready,
                "restartCount": 0,
                "state": state,
            }
        ],
    }


class FakeCluster:
    """One namespace. Pods that are made go through a script of statuses, the last one for ever.

    Attributes:
        script: Statuses; an exception among them is raised by the read.
        refusals: What the next creations are answered with.
        made: Manifests of all Pods ever made.
        pods: The Pods that are there, by name.
        time: Now.
    """

    status = staticmethod(status)
    model_of = staticmethod(model_of)

    def __init__(self):
        self.PENDING = {"phase": "Pending"}
        self.LOADING = status(running={})
        self.READY = status(ready=True, address="10.244.1.7", running={})
        self.script = [self.READY]
        self.refusals = []
        self.made = []
        self.pods = {"taxi-task": model_of(TASK_POD)}
        self.complaints = []
        self.text = "what the server wrote\n"
        self.time = 0.0

    @staticmethod
    def refused(kind, said="no"):
        return ClusterRefusedError(kind, said, doing="asking")

    @property
    def servers(self):
        return [name for name in self.pods if name != "taxi-task"]

    def create(self, manifest):
        if self.refusals:
            raise self.refusals.pop(0)
        self.made.append(manifest)
        self.pods[manifest["metadata"]["name"]] = model_of(copy.deepcopy(manifest))

    def read(self, name):
        pod = self._find(name)
        if name != "taxi-task":
            now = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            if isinstance(now, Exception):
                raise now
            pod.status = model_of({"status": now}).status
        return pod

    def log(self, name):
        if isinstance(pod_state(self._find(name)), Waiting):
            raise self.refused(Refusal.INVALID, "container is waiting to start")
        return self.text

    def warnings(self, name):
        self._find(name)
        return self.complaints

    def delete(self, name):
        self.pods.pop(name, None)

    def now(self):
        return self.time

    def pause(self, seconds):
        self.time += seconds

    def _find(self, name):
        if name not in self.pods:
            raise self.refused(Refusal.GONE, f'pods "{name}" not found')
        return self.pods[name]


@pytest.fixture
def cluster():
    return FakeCluster()
