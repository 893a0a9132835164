"""Logs of pods that still run, read from Kubernetes.

Kubeflow's API keeps the logs of pods that have ended. Of one that runs it reads the log only in an
installation for many users: in others it looks for the pod in no namespace (version 2.17).
"""

from __future__ import annotations

from typing import Any

_PATIENCE = (2, 10)
_CONTAINER = "main"
_NOT_FOUND = 404


class PodLogs:
    """Reads logs through the user's kubeconfig, or as the pod that this runs in.

    Whoever has neither, or may not read logs, gets none: a run can be followed without.

    Args:
        namespace: Namespace of the pods.
    """

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._api: Any = None
        self._is_hopeless = False

    def read(self, pod: str) -> str:
        """Returns the log of a pod so far; empty if it cannot be read."""
        if self._is_hopeless:
            return ""
        try:
            api = self._core()
            answer = api.read_namespaced_pod_log(
                pod,
                self._namespace,
                container=_CONTAINER,
                _request_timeout=_PATIENCE,
                _preload_content=False,
            )
            text: str = answer.data.decode("utf-8", "replace")
        except Exception as error:  # noqa: BLE001 - whatever keeps from Kubernetes, there are no logs
            # A pod may not be there yet, or not any more; anything else will not change.
            self._is_hopeless = getattr(error, "status", None) != _NOT_FOUND
            return ""
        return text

    def _core(self) -> Any:
        if self._api is None:
            from kubernetes import client, config

            try:
                config.load_incluster_config()
            except config.ConfigException:
                config.load_kube_config()
            self._api = client.CoreV1Api()
        return self._api
