"""The few things that are asked of Kubernetes' API."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from components.cluster_client import cluster_client
from components.infra_validator.cluster.refusals import (
    ClusterRefusedError,
    Refusal,
    message_of,
    refusal_of,
)
from components.infra_validator.errors import InfraValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.infra_validator.cluster.manifest import Manifest

# Connecting and reading; a server that is down must not stop a validation for ever.
_TIMEOUT_SECONDS = (5, 30)


class PodApi(Protocol):
    """Pods of one namespace. Every method may raise `ClusterRefusedError`."""

    def create(self, manifest: Manifest) -> None:
        """Makes a Pod."""

    def read(self, name: str) -> Any:
        """Returns a Pod, as a `V1Pod` of Kubernetes' client."""

    def log(self, name: str) -> str:
        """Returns what the Pod's container wrote."""

    def warnings(self, name: str) -> list[str]:
        """Returns what Kubernetes complained of about the Pod, oldest first."""

    def delete(self, name: str) -> None:
        """Deletes a Pod; one that is not there is no error."""


class ClusterPodApi:
    """A `PodApi` on a cluster.

    Args:
        core: A `CoreV1Api` of Kubernetes' client.
        namespace: The namespace.
    """

    def __init__(self, core: Any, namespace: str) -> None:
        self._core = core
        self._namespace = namespace

    def create(self, manifest: Manifest) -> None:
        """See `PodApi.create`."""
        with _explained(f"making Pod {manifest['metadata']['name']} in {self._namespace}"):
            self._core.create_namespaced_pod(
                self._namespace, manifest, _request_timeout=_TIMEOUT_SECONDS
            )

    def read(self, name: str) -> Any:
        """See `PodApi.read`."""
        with _explained(f"reading Pod {name} of {self._namespace}"):
            return self._core.read_namespaced_pod(
                name, self._namespace, _request_timeout=_TIMEOUT_SECONDS
            )

    def log(self, name: str) -> str:
        """See `PodApi.log`."""
        with _explained(f"reading the log of Pod {name} of {self._namespace}"):
            answer = self._core.read_namespaced_pod_log(
                name,
                self._namespace,
                _request_timeout=_TIMEOUT_SECONDS,
                # The client would show bytes as Python's literal of them.
                _preload_content=False,
            )
            return str(answer.data.decode("utf-8", errors="replace"))

    def warnings(self, name: str) -> list[str]:
        """See `PodApi.warnings`."""
        with _explained(f"reading the events of Pod {name} of {self._namespace}"):
            events = self._core.list_namespaced_event(
                self._namespace,
                field_selector=f"involvedObject.name={name},type=Warning",
                _request_timeout=_TIMEOUT_SECONDS,
            )
        return [f"{event.reason}: {event.message}" for event in events.items]

    def delete(self, name: str) -> None:
        """See `PodApi.delete`."""
        try:
            with _explained(f"deleting Pod {name} of {self._namespace}"):
                self._core.delete_namespaced_pod(
                    name, self._namespace, _request_timeout=_TIMEOUT_SECONDS
                )
        except ClusterRefusedError as error:
            if error.kind is not Refusal.GONE:
                raise


def connect() -> ClusterPodApi:
    """Returns the Pods of this Pod's namespace; outside of a Pod, of the current context's.

    Raises:
        InfraValidationError: There is no cluster here.
    """
    from kubernetes.config import ConfigException

    try:
        return ClusterPodApi(*cluster_client())
    except ConfigException as error:
        raise InfraValidationError(
            "infra_validator.backend is kubernetes, but there is neither a service account's token "
            "nor a kubeconfig here; set it to process, or give the task's Pod its token",
            subject="kubernetes",
        ) from error


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    """Turns the client's errors into ours."""
    from kubernetes.client import ApiException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ApiException as error:
        said = message_of(error.body, f"{error.status} {error.reason}")
        raise ClusterRefusedError(refusal_of(error.status or 0, said), said, doing=doing) from error
    except HTTPError as error:
        raise ClusterRefusedError(Refusal.AWAY, str(error), doing=doing) from error
