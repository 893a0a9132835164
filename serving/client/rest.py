"""The clients over REST."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import httpcore

from serving.client.deadline_streams import DeadlineBackend
from serving.client.dialect import Dialect
from serving.client.rest_format import (
    decode_error,
    decode_metadata,
    decode_status,
    encode_rows,
    names_outputs,
    parse_predictions,
    to_columns,
)
from serving.errors import Code, InvalidArgumentError, ServingError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from serving.client.dialect import Talk
    from serving.client.results import Columns, ModelMetadata, ModelVersionStatus
    from serving.client.tls import Tls

_OK = 200
_PRINTABLE = re.compile("[!-~]+")
# asyncio's has a name of its own before Python 3.11.
_TOO_LATE = (httpcore.TimeoutException, asyncio.TimeoutError)
_FAILURES = (*_TOO_LATE, httpcore.NetworkError, httpcore.ProtocolError)
_POOL: dict[str, Any] = {
    "max_connections": 100,
    "max_keepalive_connections": 20,
    # Seconds; less than servers and proxies wait, so that none closes a connection that is taken.
    "keepalive_expiry": 4.0,
}


class RestCall(NamedTuple):
    """A request over HTTP; the answer is the body of the response."""

    method: str
    path: str
    body: bytes | None = None


class RestDialect(Dialect):
    """The conversations over REST."""

    def __init__(self, model: str, version: int | None = None, label: str | None = None) -> None:
        super().__init__(model, version, label)
        self._path = f"/v1/models/{quote(model, safe='')}"
        if version is not None:
            self._path += f"/versions/{version}"
        if label is not None:
            self._path += f"/labels/{quote(label, safe='')}"

    def status(self) -> Talk[list[ModelVersionStatus]]:
        """Asks for the states of the model's versions."""
        return decode_status((yield RestCall("GET", self._path)))

    def metadata(self) -> Talk[ModelMetadata]:
        """Asks for the signatures of the version that answers now."""
        return decode_metadata((yield RestCall("GET", f"{self._path}/metadata")))

    def _predict(self, rows: Sequence[Mapping[str, object]], signature: str) -> Talk[Columns]:
        call = RestCall("POST", f"{self._path}:predict", encode_rows(rows, signature))
        predictions = parse_predictions((yield call))
        if names_outputs(predictions):
            return to_columns(predictions)
        known = yield from self.signature(signature)
        return to_columns(predictions, next(iter(known.outputs), ""))


class RestTransport:
    """Keeps HTTP connections open."""

    def __init__(self, address: str, tls: Tls | None = None) -> None:
        self._server = _Server(address, tls)
        self._pool = httpcore.ConnectionPool(
            self._server.ssl_context, network_backend=DeadlineBackend(), **_POOL
        )

    def send(self, call: RestCall, timeout_s: float) -> bytes:
        """Returns the body of the answer; see `Transport.send`."""
        moment = time.monotonic() + timeout_s
        limits = {"pool": timeout_s, "connect": moment, "write": moment, "read": moment}
        try:
            answer = self._pool.request(
                **self._server.request(call), extensions={"timeout": limits}
            )
        except _FAILURES as error:
            raise self._server.error(error) from error
        return _body(answer)

    def close(self) -> None:
        """Closes the connections."""
        self._pool.close()


class AsyncRestTransport:
    """Keeps HTTP connections open, for an event loop."""

    def __init__(self, address: str, tls: Tls | None = None) -> None:
        self._server = _Server(address, tls)
        self._pool = httpcore.AsyncConnectionPool(self._server.ssl_context, **_POOL)

    async def send(self, call: RestCall, timeout_s: float) -> bytes:
        """Returns the body of the answer; see `Transport.send`."""
        try:
            answer = await asyncio.wait_for(
                self._pool.request(**self._server.request(call)), timeout_s
            )
        except _FAILURES as error:
            raise self._server.error(error) from error
        return _body(answer)

    async def close(self) -> None:
        """Closes the connections."""
        await self._pool.aclose()


class _Server:
    """How a server is asked, and what its failures mean."""

    def __init__(self, address: str, tls: Tls | None) -> None:
        self._address = address
        self._root = f"{'https' if tls else 'http'}://{address}"
        self._headers = {"Host": _host(address), "User-Agent": "tidemill"}
        self.ssl_context = tls.for_http() if tls else None

    def request(self, call: RestCall) -> dict[str, Any]:
        """Returns a call as httpcore's arguments."""
        return {
            "method": call.method,
            "url": self._root + call.path,
            "headers": self._headers,
            "content": call.body,
        }

    def error(self, error: Exception) -> Exception:
        """Returns what a failed request is for those who called."""
        if isinstance(error, _TOO_LATE):
            return TimeoutError(str(error))
        if isinstance(error, httpcore.ConnectError):
            return UnavailableError(f"cannot reach {self._address}: {error}")
        # The server may have read the request, and acted on it.
        return ServingError.of(Code.UNKNOWN, f"{self._address} gave no whole answer: {error}")


def _host(address: str) -> str:
    try:
        host = httpcore.URL(f"http://{address}").host.decode().encode("idna")
    except (TypeError, ValueError):
        host = b""
    if not host or "://" in address or not _PRINTABLE.fullmatch(address):
        raise InvalidArgumentError(f"the address is {address!r}: expected HOST:PORT")
    return address.partition("/")[0]


def _body(answer: httpcore.Response) -> bytes:
    if answer.status != _OK:
        raise decode_error(answer.status, answer.content)
    return answer.content
