"""What both protocols do with the model: find it, call it, describe it. Free of transports."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from serving.errors import InvalidArgumentError, NotFoundError, UnavailableError
from serving.server.model_versions import Closable, Lease, ModelVersions, no_servable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from serving.server.metrics import RequestNotes
    from serving.server.transitions import VersionStatus
    from serving.signature import Signature


class Servable(Closable, Protocol):
    """A loaded version as the protocols see it."""

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """The signatures that can be called, by name."""

    @property
    def signature_defs(self) -> Mapping[str, Any]:
        """The `SignatureDef` messages as they are stored, by name."""

    def run(
        self,
        signature: Signature,
        inputs: Mapping[str, np.ndarray[Any, Any]],
        outputs: Sequence[str] = (),
        timeout_s: float | None = None,
        *,
        at_once: bool = False,
    ) -> dict[str, np.ndarray[Any, Any]]:
        """Calls a signature: one array for each input in, one for each wanted output out.

        Raises:
            MustWaitError: It was to be `at_once`, and may take longer than a few milliseconds.
        """


class InUse(Protocol):
    """A loaded version that somebody holds."""

    @property
    def version(self) -> int:
        """Its number."""

    @property
    def servable(self) -> Servable:
        """What serves it."""


def note(notes: RequestNotes, lease: InUse, signature_name: str) -> None:
    """Notes which version answers a request, and the signature that it calls if there is one."""
    notes.version = str(lease.version)
    if signature_name in lease.servable.signatures:
        notes.signature = signature_name


class ModelService:
    """The models of this server, by name.

    Attributes:
        labels: Model -> label -> version; None before the first config. It is replaced as a whole.
    """

    def __init__(self) -> None:
        self._models: dict[str, ModelVersions[Servable]] = {}
        self._lock = threading.Lock()
        self.labels: Mapping[str, Mapping[str, int]] | None = None

    def versions_of(self, model: str) -> ModelVersions[Servable]:
        """Returns the register of a model's versions; a model that is new gets an empty one."""
        with self._lock:
            return self._models.setdefault(model, ModelVersions(model))

    def lease(
        self, model: str, version: int | None = None, label: str | None = None
    ) -> Lease[Servable]:
        """Takes a version of a model into use.

        Args:
            model: The model's name.
            version: The version; None means the greatest that is available.
            label: The label that stands for the version.

        Raises:
            ServingError: NOT_FOUND when the model or the version is not served, INVALID_ARGUMENT
                when the label is not known, UNAVAILABLE when there are no labels yet.
        """
        if label is not None:
            version = self._labelled(model, label)
        versions = self._models.get(model)
        if versions is None:
            raise no_servable(model, version)
        return versions.lease(version)

    def serves_any(self) -> bool:
        """Whether any version of any model answers requests."""
        with self._lock:
            models = list(self._models.values())
        return any(versions.available() for versions in models)

    def statuses(self, model: str, version: int | None = None) -> list[VersionStatus]:
        """Returns the states of a model's versions (or of one version), newest first.

        Raises:
            NotFoundError: No version of the model, or not this one, was ever seen.
        """
        versions = self._models.get(model)
        statuses = versions.statuses() if versions else {}
        if version is not None:
            if version not in statuses:
                raise NotFoundError(f"Could not find version {version} of model {model}")
            return [statuses[version]]
        if not statuses:
            raise NotFoundError(f"Could not find any versions of model {model}")
        return list(statuses.values())

    def _labelled(self, model: str, label: str) -> int:
        if self.labels is None:
            raise UnavailableError(f"Model labels does not init yet.{label}")
        version = self.labels.get(model, {}).get(label)
        if version is None:
            raise InvalidArgumentError(f"Unrecognized servable version label: {label}")
        return version
