"""Which versions of a model are in use: asked of the servers themselves, over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serving.client import ModelVersionStatus

_TIMEOUT_S = 5.0
_UNLOADED = "END"


class ServerSilentError(Exception):
    """A server did not tell which versions it has; its message says which server, and why.

    Attributes:
        address: The server's.
    """

    def __init__(self, address: str, reason: str) -> None:
        # gRPC's own story after the first clause is for its developers.
        reason = reason.partition(";")[0]
        super().__init__(f"the server {address} does not say which versions it has: {reason}")
        self.address = address


def versions_in_use(addresses: Sequence[str], model: str) -> set[int]:
    """Returns the versions that any of the servers has loaded, loads or failed to load.

    A server that does not know the model counts as one that does not answer: it may have started
    a moment ago, or the address may be another server's.

    Args:
        addresses: Host and gRPC port of every server.
        model: The model's name.

    Raises:
        ServerSilentError: One of them does not tell.
    """
    from serving.client import ServingError, connect

    found: set[int] = set()
    for address in addresses:
        try:
            with connect(address, model, "grpc", _TIMEOUT_S) as client:
                found |= {status.version for status in client.status() if _is_in_use(status)}
        except ServingError as error:
            raise ServerSilentError(address, error.message) from error
    return found


def _is_in_use(status: ModelVersionStatus) -> bool:
    """Says whether a server needs the files: all but a version that it has unloaded on purpose."""
    return status.state != _UNLOADED or status.error is not None
