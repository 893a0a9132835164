"""The clients over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import httpx

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
from serving.errors import Code, ServingError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from serving.client.dialect import Talk
    from serving.client.results import Columns, ModelMetadata, ModelVersionStatus
    from serving.client.tls import Tls

_FIRST_ERROR_STATUS = 400


class RestCall(NamedTuple):
    """A request over HTTP; the answer is the body of the response."""

    method: str
    path: str
    body: bytes | None = None


class RestDialect(Dialect):
    """The conversations over REST."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self._path = f"/v1/models/{quote(model, safe='')}"

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
        return to_columns(predictions, next(iter(known.outputs)))


class RestTransport:
    """Keeps HTTP connections open."""

    def __init__(self, address: str, tls: Tls | None = None) -> None:
        self._address = address
        self._http = httpx.Client(**_options(address, tls))

    def send(self, call: RestCall, timeout_s: float) -> bytes:
        """Returns the body of the answer; see `Transport.send`."""
        try:
            response = self._http.request(
                call.method, call.path, content=call.body, timeout=timeout_s
            )
        except httpx.HTTPError as error:
            raise _to_error(error, self._address) from error
        return _body(response)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()


class AsyncRestTransport:
    """Keeps HTTP connections open, for an event loop."""

    def __init__(self, address: str, tls: Tls | None = None) -> None:
        self._address = address
        self._http = httpx.AsyncClient(**_options(address, tls))

    async def send(self, call: RestCall, timeout_s: float) -> bytes:
        """Returns the body of the answer; see `Transport.send`."""
        try:
            response = await self._http.request(
                call.method, call.path, content=call.body, timeout=timeout_s
            )
        except httpx.HTTPError as error:
            raise _to_error(error, self._address) from error
        return _body(response)

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()


def _options(address: str, tls: Tls | None) -> dict[str, Any]:
    # A model server is reached directly: a proxy meant for the internet would be in the way.
    options: dict[str, Any] = {"base_url": f"http://{address}", "trust_env": False}
    if tls is None:
        return options
    return options | {"base_url": f"https://{address}", "verify": tls.for_http()}


def _to_error(error: httpx.HTTPError, address: str) -> Exception:
    if isinstance(error, httpx.TimeoutException):
        return TimeoutError(str(error))
    if isinstance(error, httpx.ConnectError):
        return UnavailableError(f"cannot reach {address}: {error}")
    # The server may have read the request, and acted on it.
    return ServingError.of(Code.UNKNOWN, f"{address} gave no whole answer: {error}")


def _body(response: Any) -> bytes:
    if response.status_code >= _FIRST_ERROR_STATUS:
        raise decode_error(response.status_code, response.content)
    content: bytes = response.content
    return content
