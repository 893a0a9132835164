"""Reads the headers and the body of an HTTP request."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from serving.errors import InvalidArgumentError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

_GZIP = 16 + zlib.MAX_WBITS


class BodyTooLongError(Exception):
    """A body is longer than this server reads."""


def header(scope: Scope, name: bytes) -> str:
    """Returns a header by its name in lower case; "" where it was not sent."""
    for sent, value in scope["headers"]:
        if sent == name:
            return str(value.decode("latin-1"))
    return ""


async def read_body(scope: Scope, receive: Receive, most_bytes: int) -> bytes:
    """Reads a body, and unpacks it where it is packed.

    Args:
        scope: The request.
        receive: Where its body comes from.
        most_bytes: The longest body that is read, after it was unpacked.

    Raises:
        BodyTooLongError: It is longer.
        InvalidArgumentError: It says that it is packed, and is not.
        ClientDisconnect: The client left before it had sent everything.
    """
    packed = "gzip" in header(scope, b"content-encoding")
    unpack = zlib.decompressobj(_GZIP) if packed else None
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part, more = message.get("body", b""), message.get("more_body", False)
        if unpack is not None:
            part = _unpack(unpack, part, most_bytes - size + 1)
        size += len(part)
        if size > most_bytes:
            raise BodyTooLongError
        parts.append(part)
    if unpack is not None and not unpack.eof:
        raise InvalidArgumentError("The request's body is not gzip: it ends too early")
    return b"".join(parts)


def _unpack(unpack: zlib._Decompress, chunk: bytes, most_bytes: int) -> bytes:
    try:
        return unpack.decompress(chunk, most_bytes)
    except zlib.error as error:
        raise InvalidArgumentError(f"The request's body is not gzip: {error}") from error
