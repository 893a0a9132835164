"""How long the start of a server's Pod may take, and whose fault it is when it does not start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from components.infra_validator.cluster.pod_state import (
    Ended,
    Loading,
    Lost,
    Ready,
    Trouble,
    Waiting,
)
from components.infra_validator.errors import InfraValidationError, ModelNotServedError

if TYPE_CHECKING:
    from components.infra_validator.cluster.pod_state import PodState

# A registry may be away for a moment, and the kubelet tries again meanwhile.
_MENDING_SECONDS = 45.0

_WHY = {trouble: trouble.value for trouble in Trouble} | {Trouble.NONE: "in time"}
_ADVICE = {
    Trouble.NONE: "see `kubectl describe pod` of such a Pod, or give it more time with "
    "infra_validator.kubernetes.start_timeout_seconds",
    Trouble.NODE: "add nodes, or ask for less with infra_validator.kubernetes.cpu and .memory",
    Trouble.IMAGE: "correct infra_validator.kubernetes.image, or the registry's credentials of "
    "the tasks (kubeflow.image_pull_secrets)",
    Trouble.CONTAINER: "correct infra_validator.kubernetes",
    Trouble.HOPELESS: "correct infra_validator.kubernetes.image or .command",
}


@dataclass(frozen=True)
class Limits:
    """How long the parts of a start may take.

    Attributes:
        start_seconds: Until the server's process runs: a node, a volume, an image.
        load_seconds: From then on, until it serves the model.
    """

    start_seconds: float
    load_seconds: float


class StartWatch:
    """Follows a Pod from its making until its server is ready.

    Args:
        limits: How long it may take.
        now: The time, in seconds of any clock that does not go backwards.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._made = now
        self._troubled: float | None = None
        self._running: float | None = None

    def see(self, state: PodState, now: float) -> Ready | None:
        """Takes note of a state.

        Args:
            state: How far the Pod has come.
            now: The time, of the same clock.

        Returns:
            The state itself once the server is ready; None while there is reason to wait.

        Raises:
            ModelNotServedError: The server could not serve the model: its model's fault.
            InfraValidationError: The server could not be run: the cluster's fault.
        """
        if isinstance(state, Ready):
            return state
        if isinstance(state, Ended):
            raise ModelNotServedError(state.reason)
        if isinstance(state, Lost):
            raise lost(state)
        if isinstance(state, Loading):
            self._see_loading(now)
        else:
            self._see_waiting(state, now)
        return None

    def overdue(self, now: float) -> bool:
        """Says whether the server's process should have been started by now."""
        return now - self._made > self._limits.start_seconds

    def _see_loading(self, now: float) -> None:
        self._running = now if self._running is None else self._running
        if now - self._running > self._limits.load_seconds:
            raise ModelNotServedError(
                f"did not load the model within {self._limits.load_seconds:g} s"
            )

    def _see_waiting(self, state: Waiting, now: float) -> None:
        if state.trouble is Trouble.HOPELESS:
            _give_up(state)
        if state.trouble not in (Trouble.IMAGE, Trouble.CONTAINER):
            self._troubled = None
        elif self._troubled is None:
            self._troubled = now
        elif now - self._troubled > _MENDING_SECONDS:
            _give_up(state)
        if self.overdue(now):
            _give_up(state)


def lost(state: Lost) -> InfraValidationError:
    """Returns the error for a Pod that the cluster took away."""
    return InfraValidationError(
        f"the model server's Pod was lost, which says nothing about the model: {state.reason}; "
        "run again",
        subject="kubernetes",
    )


def _give_up(state: Waiting) -> NoReturn:
    raise InfraValidationError(
        f"the model server's Pod did not start, {_WHY[state.trouble]}: {state.reason}; "
        f"{_ADVICE[state.trouble]}",
        subject="kubernetes",
    )
