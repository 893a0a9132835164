"""The life of one server's Pod: made, awaited, asked for its log, deleted."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from components.infra_validator.cluster.patience import retried
from components.infra_validator.cluster.pod_state import Ended, Lost, Trouble, Waiting, pod_state
from components.infra_validator.cluster.refusals import ClusterRefusedError, Refusal
from components.infra_validator.cluster.start_watch import StartWatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from components.infra_validator.cluster.manifest import Manifest
    from components.infra_validator.cluster.patience import Clock
    from components.infra_validator.cluster.pod_api import PodApi
    from components.infra_validator.cluster.pod_state import PodState
    from components.infra_validator.cluster.start_watch import Limits

_POLL_SECONDS = 1.0
# Kubernetes deletes the Pod later if we cannot; nobody should wait long for that.
_DELETION_SECONDS = 20.0
_log = logging.getLogger(__name__)


class ServerPod:
    """One Pod.

    Args:
        api: The Pods of the namespace.
        manifest: What to make; its name is unique.
        limits: How long its start may take.
        clock: The time.
    """

    def __init__(self, api: PodApi, manifest: Manifest, limits: Limits, clock: Clock) -> None:
        self._api = api
        self._manifest = manifest
        self._limits = limits
        self._clock = clock
        self._name: str = manifest["metadata"]["name"]

    @contextmanager
    def made(self, log_path: Path) -> Iterator[None]:
        """Makes the Pod; deletes it after the context, whatever happens in it.

        Args:
            log_path: File for what its server wrote.

        Raises:
            ClusterRefusedError: Kubernetes does not let it be made.
        """
        try:
            # What others use of a quota comes free, as room on a node does.
            passing = frozenset({Refusal.QUOTA, Refusal.AWAY})
            retried(self._create, self._clock, passing, self._limits.start_seconds)
            try:
                yield
            finally:
                self._save_log(log_path)
        finally:
            self._delete()

    def await_ready(self) -> str:
        """Waits for the server.

        Returns:
            The IP address of the Pod.

        Raises:
            ModelNotServedError: The server could not serve the model.
            InfraValidationError: The server could not be run.
        """
        watch = StartWatch(self._limits, self._clock.now())
        told = None
        while True:
            state = self.state()
            if isinstance(state, Waiting) and watch.overdue(self._clock.now()):
                state = self._with_warning(state)
            if isinstance(state, Waiting) and state != told:
                told = state
                _log.info("Pod %s waits: %s", self._name, state.reason)
            ready = watch.see(state, self._clock.now())
            if ready is not None:
                return ready.address
            self._clock.pause(_POLL_SECONDS)

    def state(self) -> PodState:
        """Returns how far the Pod has come."""
        return retried(self._read, self._clock)

    def _read(self) -> PodState:
        try:
            return pod_state(self._api.read(self._name))
        except ClusterRefusedError as error:
            if error.kind is Refusal.GONE:
                return Lost("it was deleted")
            raise

    def _create(self) -> None:
        try:
            self._api.create(self._manifest)
        except ClusterRefusedError as error:
            # Its name is ours alone: only the answer to an earlier try was lost.
            if error.kind is not Refusal.EXISTS:
                raise

    def _with_warning(self, state: Waiting) -> Waiting:
        """Adds what the Pod's own status does not tell, such as a volume that is not mounted."""
        if state.trouble is not Trouble.NONE:
            return state
        try:
            warnings = self._api.warnings(self._name)
        except ClusterRefusedError as error:
            _log.info("%s", error)
            return state
        return replace(state, reason="; ".join([state.reason, *warnings[-1:]]))

    def _save_log(self, path: Path) -> None:
        """Writes the server's log, and how its container ended. A missing log is no failure."""
        try:
            state, text = self.state(), self._api.log(self._name)
        except ClusterRefusedError as error:
            _log.info("%s", error)
            return
        ending = f"The server {state.reason}.\n" if isinstance(state, Ended) else ""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + ending, encoding="utf-8")

    def _delete(self) -> None:
        try:
            retried(lambda: self._api.delete(self._name), self._clock, seconds=_DELETION_SECONDS)
        except ClusterRefusedError as error:
            _log.warning("%s; Kubernetes ends it when its time is over", error)
