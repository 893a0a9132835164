"""How far a Pod has come, read off what Kubernetes reports of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from components.infra_validator.cluster.manifest import CONTAINER

_IMAGE_REASONS = frozenset({"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable"})
_HOPELESS_REASONS = frozenset(
    {"InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"}
)
_RUNTIME_REASONS = frozenset({"CreateContainerError", "RunContainerError"})
_OVER = ("Failed", "Succeeded")
# A shell's and a container runtime's ways to say that there is no such command.
_NO_COMMAND = frozenset({126, 127, 128})
_NO_COMMAND_REASONS = frozenset({"StartError", "ContainerCannotRun"})


class Trouble(enum.Enum):
    """Why a Pod that waits may wait for ever."""

    NONE = "none"
    NODE = "no node takes it"
    IMAGE = "its image cannot be had"
    CONTAINER = "its container cannot be made"
    HOPELESS = "it is wrong in a way that time does not mend"


@dataclass(frozen=True)
class Waiting:
    """The server was not started yet.

    Attributes:
        trouble: What is wrong, if anything.
        reason: What Kubernetes says.
    """

    trouble: Trouble
    reason: str


@dataclass(frozen=True)
class Loading:
    """The server runs, and is not ready."""


@dataclass(frozen=True)
class Ready:
    """The server says that it is ready.

    Attributes:
        address: IP address of its Pod.
    """

    address: str


@dataclass(frozen=True)
class Ended:
    """The server ended by itself: with a model as its only input, that is the model's doing.

    Attributes:
        reason: How.
    """

    reason: str


@dataclass(frozen=True)
class Lost:
    """The cluster took the Pod away or could not run it, which says nothing about the model.

    Attributes:
        reason: What Kubernetes says.
    """

    reason: str


PodState = Waiting | Loading | Ready | Ended | Lost


def pod_state(pod: Any) -> PodState:
    """Returns how far a Pod has come.

    Args:
        pod: A `V1Pod` of Kubernetes' client.
    """
    container = _container_state(pod)
    taken = _taken_away(pod)
    if taken is not None:
        return Lost(taken)
    if container is not None and container.terminated is not None:
        return _ended(container.terminated)
    if pod.status.phase in _OVER:
        return Lost(pod.status.message or "its container left no trace")
    if container is not None and container.running is not None:
        return _running(pod)
    return _waiting(pod, container)


def _taken_away(pod: Any) -> str | None:
    """Returns why the cluster ended the Pod, or None if it did not."""
    if pod.metadata.deletion_timestamp is not None:
        return "it was deleted"
    disruption = _condition(pod, "DisruptionTarget")
    if disruption is not None and disruption.status == "True":
        return _sentence(disruption)
    # The kubelet gives a Pod a reason only for what it did itself: Evicted, DeadlineExceeded, ...
    return _sentence(pod.status) if pod.status.phase in _OVER and pod.status.reason else None


def _running(pod: Any) -> Ready | Loading:
    ready = _condition(pod, "Ready")
    if ready is not None and ready.status == "True" and pod.status.pod_ip:
        return Ready(pod.status.pod_ip)
    return Loading()


def _container_state(pod: Any) -> Any:
    for status in pod.status.container_statuses or ():
        if status.name == CONTAINER:
            return status.state
    return None


def _condition(pod: Any, kind: str) -> Any:
    return next((each for each in pod.status.conditions or () if each.type == kind), None)


def _sentence(said: Any) -> str:
    return f"{said.reason}: {said.message}" if said.message else str(said.reason)


def _ended(terminated: Any) -> Ended | Waiting:
    status = terminated.exit_code
    if terminated.reason in _NO_COMMAND_REASONS or status in _NO_COMMAND:
        said = terminated.message or f"exit status {status}"
        return Waiting(Trouble.HOPELESS, f"the image has no such command: {said}")
    if terminated.reason == "OOMKilled":
        return Ended("was killed because it needed more memory than its limit")
    how = f"signal {terminated.signal}" if terminated.signal else f"exit status {status}"
    return Ended(f"ended before it served the model ({how})")


def _waiting(pod: Any, container: Any) -> Waiting:
    if container is not None and container.waiting is not None:
        reason = container.waiting.reason or "waiting"
        return Waiting(_trouble(reason), _sentence(container.waiting))
    scheduled = _condition(pod, "PodScheduled")
    if scheduled is not None and scheduled.status != "True":
        return Waiting(Trouble.NODE, _sentence(scheduled))
    return Waiting(Trouble.NONE, f"it is {pod.status.phase or 'Pending'}")


def _trouble(reason: str) -> Trouble:
    if reason in _IMAGE_REASONS:
        return Trouble.IMAGE
    if reason in _HOPELESS_REASONS:
        return Trouble.HOPELESS
    return Trouble.CONTAINER if reason in _RUNTIME_REASONS else Trouble.NONE
