"""Makes clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.client.api import DEFAULT_RETRIES, DEFAULT_TIMEOUT_S, AsyncClient, Client

if TYPE_CHECKING:
    from serving.client.api import ProtocolName
    from serving.client.retries import Retries
    from serving.client.tls import Tls


def connect(
    address: str,
    model: str,
    protocol: ProtocolName = "rest",
    timeout_s: float = DEFAULT_TIMEOUT_S,
    retries: Retries = DEFAULT_RETRIES,
    tls: Tls | None = None,
    *,
    version: int | None = None,
    label: str | None = None,
) -> Client:
    """Returns a client for a model. It connects with its first call.

    Args:
        address: Host and port, for example "127.0.0.1:8501".
        model: The model's name.
        protocol: "rest" or "grpc".
        timeout_s: How long a call may take when it does not say otherwise, seconds.
        retries: How calls are repeated that nobody answered.
        tls: What encrypted connections need; None leaves them open.
        version: The version that all calls are about; None means the newest that answers.
        label: The label of that version, instead. Servers ignore it when asked for the status.

    Raises:
        InvalidArgumentError: The address is none.
        OSError: A file of `tls` cannot be read.
        ValueError: The protocol is neither, or there are both a version and a label.
    """
    if protocol == "rest":
        from serving.client.rest import RestDialect, RestTransport

        http = RestDialect(model, version, label)
        return Client(address, http, RestTransport(address, tls), timeout_s, retries)
    if protocol == "grpc":
        from serving.client.grpc import GrpcDialect, GrpcTransport

        rpc = GrpcDialect(model, version, label)
        return Client(address, rpc, GrpcTransport(address, tls), timeout_s, retries)
    raise _unknown(protocol)


def connect_async(
    address: str,
    model: str,
    protocol: ProtocolName = "rest",
    timeout_s: float = DEFAULT_TIMEOUT_S,
    retries: Retries = DEFAULT_RETRIES,
    tls: Tls | None = None,
    *,
    version: int | None = None,
    label: str | None = None,
) -> AsyncClient:
    """Returns a client whose calls are awaited; see `connect`. For use inside an event loop."""
    if protocol == "rest":
        from serving.client.rest import AsyncRestTransport, RestDialect

        http = RestDialect(model, version, label)
        return AsyncClient(address, http, AsyncRestTransport(address, tls), timeout_s, retries)
    if protocol == "grpc":
        from serving.client.grpc import AsyncGrpcTransport, GrpcDialect

        rpc = GrpcDialect(model, version, label)
        return AsyncClient(address, rpc, AsyncGrpcTransport(address, tls), timeout_s, retries)
    raise _unknown(protocol)


def _unknown(protocol: str) -> ValueError:
    return ValueError(f"protocol {protocol!r}: expected 'rest' or 'grpc'")
