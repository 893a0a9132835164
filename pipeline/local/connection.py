"""Where the nodes of a run find ML Metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.local.exclusive_metadata import ExclusiveMetadata
from pipeline.metadata.service_connection import ServiceMetadata

if TYPE_CHECKING:
    from tfx.orchestration import metadata

    from pipeline.places import Home


def connection_of(home: Home) -> metadata.Metadata:
    """Returns a connection, not yet opened: to the home's file, or to the service in its place."""
    if home.metadata_service is not None:
        return ServiceMetadata(home.metadata_service)
    return ExclusiveMetadata(home.metadata)
