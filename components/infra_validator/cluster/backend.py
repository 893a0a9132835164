"""Runs the model server in a Pod of its own, made for the validation and deleted after it."""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from components.infra_validator.backends import Endpoints
from components.infra_validator.cluster.manifest import (
    GRPC_PORT,
    REST_PORT,
    pod_manifest,
    pod_name,
)
from components.infra_validator.cluster.patience import Clock, retried
from components.infra_validator.cluster.pod_api import connect
from components.infra_validator.cluster.pod_state import Ended, Lost
from components.infra_validator.cluster.server_pod import ServerPod
from components.infra_validator.cluster.start_watch import Limits, lost
from components.infra_validator.cluster.task_pod import read_task_pod, task_pod_name
from components.infra_validator.errors import InfraValidationError, ModelNotServedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from components.infra_validator.cluster.pod_api import PodApi
    from components.infra_validator.cluster.settings import PodSettings

_UNIQUE_LETTERS = 8
_KNOCKS = 15
_KNOCK_SECONDS = 2.0


def answers(host: str, port: int) -> bool:
    """Says whether something accepts connections."""
    try:
        with socket.create_connection((host, port), timeout=_KNOCK_SECONDS):
            return True
    except OSError:
        return False


@dataclass(frozen=True)
class KubernetesBackend:
    """Runs a server's image in a Pod beside this task's.

    Attributes:
        settings: The user's settings.
        log_path: File for what the server writes.
        load_timeout_seconds: How long the server may take until it serves the model, once it runs.
        asking_seconds: How long the validation may take after that; then Kubernetes ends the Pod.
        connect: Gives the Pods of the task's namespace.
        knock: Says whether a host accepts connections on a port.
        clock: The time.
    """

    settings: PodSettings
    log_path: Path
    load_timeout_seconds: float
    asking_seconds: float
    connect: Callable[[], PodApi] = connect
    knock: Callable[[str, int], bool] = answers
    clock: Clock = field(default_factory=Clock)

    @contextmanager
    def serve(self, model_name: str, saved_model: Path) -> Iterator[Endpoints]:
        """See `ModelServerBackend.serve`. The Pod goes with the task's, however that ends.

        Raises:
            InfraValidationError: The cluster could not run the server, or took it away.
        """
        from serving.server.start_failure import start_failure

        pod = self._pod(model_name, saved_model)
        try:
            with pod.made(self.log_path):
                address = pod.await_ready()
                self._check_reachable(pod, address)
                yield _endpoints(address)
                state = pod.state()
                if isinstance(state, Lost):
                    # What was refused meanwhile was not the model's doing.
                    raise lost(state)
        except ModelNotServedError as error:
            failure = start_failure(model_name, error.reason, self.log_path)
            raise ModelNotServedError(failure.message) from error

    def _pod(self, model_name: str, saved_model: Path) -> ServerPod:
        api = self.connect()
        task = read_task_pod(retried(lambda: api.read(task_pod_name()), self.clock))
        limits = Limits(self.settings.start_timeout_seconds, self.load_timeout_seconds)
        manifest = pod_manifest(
            pod_name(model_name, uuid.uuid4().hex[:_UNIQUE_LETTERS]),
            model_name,
            task.volume_of(saved_model.resolve()),
            task,
            self.settings,
            deadline_seconds=limits.start_seconds + limits.load_seconds + self.asking_seconds,
            user=(os.getuid(), os.getgid()),
        )
        return ServerPod(api, manifest, limits, self.clock)

    def _check_reachable(self, pod: ServerPod, address: str) -> None:
        """Makes sure that the ports can be reached from here, so that silence means the model."""
        missing = [port for port in (REST_PORT, GRPC_PORT) if not self._reach(address, port)]
        if not missing:
            return
        state = pod.state()
        if isinstance(state, Ended):
            raise ModelNotServedError(state.reason)
        if isinstance(state, Lost):
            raise lost(state)
        ports = " and ".join(map(str, missing))
        raise InfraValidationError(
            f"the model server's Pod is ready, but {address} cannot be reached from this task's "
            f"Pod on port {ports}; let network policies allow it, and let the server listen there",
            subject="kubernetes",
        )

    def _reach(self, address: str, port: int) -> bool:
        for _ in range(_KNOCKS):
            if self.knock(address, port):
                return True
            self.clock.pause(1)
        return False


def _endpoints(address: str) -> Endpoints:
    host = f"[{address}]" if ":" in address else address
    return Endpoints(f"{host}:{REST_PORT}", f"{host}:{GRPC_PORT}")
