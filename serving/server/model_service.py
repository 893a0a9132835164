"""What both protocols do with the model: find it, call it, describe it. Free of transports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from serving.errors import InvalidArgumentError, NotFoundError
from serving.server.model_versions import Closable, Lease, ModelVersions

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

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
        self, signature: Signature, inputs: Mapping[str, np.ndarray[Any, Any]]
    ) -> dict[str, np.ndarray[Any, Any]]:
        """Calls a signature: one array for each input in, one for each output out."""


class ModelService:
    """The models of this server, by name."""

    def __init__(self, models: Mapping[str, ModelVersions[Servable]]) -> None:
        self._models = models

    def lease(
        self, model: str, version: int | None = None, label: str | None = None
    ) -> Lease[Servable]:
        """Takes a version of a model into use.

        Args:
            model: The model's name.
            version: The version; None means the greatest that is available.
            label: A version label; none is defined yet.

        Raises:
            NotFoundError: The model or the version is not served.
            InvalidArgumentError: The label is not known.
        """
        if label is not None:
            raise InvalidArgumentError(f"Unrecognized servable version label: {label}")
        if model not in self._models:
            wanted = f"Latest({model})" if version is None else f"Specific({model}, {version})"
            raise NotFoundError(f"Servable not found for request: {wanted}")
        return self._models[model].lease(version)

    def statuses(self, model: str, version: int | None = None) -> list[VersionStatus]:
        """Returns the states of a model's versions (or of one version), newest first.

        Raises:
            NotFoundError: No version of the model, or not this one, was ever seen.
        """
        versions = self._models.get(model)
        statuses = versions.statuses() if versions else {}
        if not statuses:
            raise NotFoundError(f"Could not find any versions of model {model}")
        if version is None:
            return list(statuses.values())
        if version not in statuses:
            raise NotFoundError(f"Could not find version {version} of model {model}")
        return [statuses[version]]
