"""Logs of pods that still run, read from Kubernetes.

Kubeflow's API keeps the logs of pods that have ended. Of one that runs it reads the log only in an
installation for many users: in others it looks for the pod in no namespace (version 2.17).
"""

from __future__ import annotations

import logging
import math
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from components.cluster_client import cluster_client

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

_PATIENCE = (2, 10)
_CONTAINER = "main"
_PAUSE_SECONDS = 30.0
# Of a pod that is not there yet, or not any more, or whose container has not started.
_NO_LOG_YET = (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST)
_FORBIDDEN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class PodLogs:
    """Reads logs through the user's kubeconfig, or as the pod that this runs in.

    Whoever has neither, or may not read logs, gets none: a run can be followed without.

    Args:
        namespace: Namespace of the pods.
        clock: Tells seconds.
    """

    def __init__(self, namespace: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._namespace = namespace
        self._clock = clock
        self._core: Any = None
        self._silent_until = -math.inf
        self._told = ""

    def read(self, pod: str) -> str:
        """Returns the log of a pod so far; empty if it cannot be read."""
        if self._clock() < self._silent_until:
            return ""
        try:
            self._core = self._core or cluster_client().core
            answer = self._core.read_namespaced_pod_log(
                pod,
                self._namespace,
                container=_CONTAINER,
                _request_timeout=_PATIENCE,
                _preload_content=False,
            )
            text: str = answer.data.decode("utf-8", "replace")
        except Exception as error:  # noqa: BLE001 - whatever keeps from Kubernetes, there are no logs
            self._rest_after(error)
            return ""
        return text

    def _rest_after(self, error: Exception) -> None:
        from kubernetes.config import ConfigException

        status = getattr(error, "status", None)
        if status in _NO_LOG_YET:
            return
        if isinstance(error, ConfigException):
            self._silent_until = math.inf  # without a word: not everybody has a cluster's rights
        elif status in _FORBIDDEN:
            self._silent_until = math.inf
            self._say(f"{_reason(error)}; a Role with get of pods/log would allow it")
        else:
            # Asking may take seconds each time, in which nothing else is looked at.
            self._silent_until = self._clock() + _PAUSE_SECONDS
            self._say(f"{_reason(error)}; it is asked again every {_PAUSE_SECONDS:.0f} s")

    def _say(self, why: str) -> None:
        if why != self._told:
            _log.warning("logs of pods that run cannot be read: %s", why)
            self._told = why


def _reason(error: Exception) -> str:
    from kubernetes.client import ApiException
    from urllib3.exceptions import HTTPError

    if isinstance(error, ApiException):
        return f"Kubernetes answers {error.status} {error.reason}"
    if isinstance(error, HTTPError):
        return "Kubernetes does not answer"
    return " ".join(str(error).split()) or type(error).__name__
