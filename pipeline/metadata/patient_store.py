"""ML Metadata's client for a service that may be away for a while, as when it is rolled over."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from ml_metadata import errors
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

# A pod that is replaced is back within a minute, where its image is already on the node.
_PATIENCE_SECONDS = 180.0
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0


class PatientStore(metadata_store.MetadataStore):
    """ML Metadata's own client, which asks again while the service is not there.

    Args:
        config: Where the service is.
        patience_seconds: How long one call may take with all its repetitions.
        sleep: How to wait.
    """

    def __init__(
        self,
        config: Any,
        patience_seconds: float = _PATIENCE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(config)
        self._patience_seconds = patience_seconds
        self._sleep = sleep

    def _call(self, method_name: str, request: Any, response: Any, *others: Any) -> None:
        deadline = time.monotonic() + self._patience_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                super()._call(method_name, request, response, *others)
            except errors.UnavailableError:
                # The service answers what it has begun before it ends, so nothing is done twice.
                if time.monotonic() + pause > deadline:
                    raise
            else:
                return
            _log.warning("the metadata service is not there; asking again in %.1f s", pause)
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def client_config(address: str) -> Any:
    """Returns the `MetadataStoreClientConfig` of a service.

    Args:
        address: `HOST:PORT`.
    """
    host, _, port = address.rpartition(":")
    return metadata_store_pb2.MetadataStoreClientConfig(host=host, port=int(port))
