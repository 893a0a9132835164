"""TFX's connection to a metadata service."""

from __future__ import annotations

from tfx.orchestration import metadata
from typing_extensions import Self

from pipeline.metadata.patient_store import PatientStore, client_config


class ServiceMetadata(metadata.Metadata):
    """A connection to a metadata service.

    Args:
        address: `HOST:PORT` of the service.
    """

    def __init__(self, address: str) -> None:
        super().__init__(client_config(address))

    def __enter__(self) -> Self:
        if not self._users:
            self._store = PatientStore(self._connection_config)
        self._users += 1
        return self
