"""Sockets whose time limits are moments, for httpcore.

Its own sockets allow each single read and write so and so many seconds: a server that sends a byte
now and then, or reads a large request in small sips, is waited for without end. Here a `timeout` is
the moment, on `time.monotonic`'s clock, at which the call as a whole is over.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

# What is handed over at once has a time limit for each time that the system takes some of it.
_PIECE_BYTES = 1 << 16


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens such sockets."""

    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connects to a host, until the moment `timeout`."""
        return _DeadlineStream(
            self._backend.connect_tcp(host, port, _left_s(timeout), local_address, socket_options)
        )


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE_BYTES):
            self._stream.write(buffer[start : start + _PIECE_BYTES], _left_s(timeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _DeadlineStream(
            self._stream.start_tls(ssl_context, server_hostname, _left_s(timeout))
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()


def _left_s(moment: float | None) -> float | None:
    if moment is None:
        return None
    left_s = moment - time.monotonic()
    if left_s <= 0:
        raise httpcore.TimeoutException
    return left_s
