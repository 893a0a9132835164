"""The client over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx

from serving.client.api import DEFAULT_TIMEOUT_S, Client, Columns, ModelMetadata, ModelVersionStatus
from serving.client.rest_format import (
    decode_error,
    decode_metadata,
    decode_predictions,
    decode_status,
    encode_rows,
)
from serving.errors import DeadlineExceededError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FIRST_ERROR_STATUS = 400


class RestClient(Client):
    """A client that keeps its HTTP connections open."""

    def __init__(self, address: str, model: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        super().__init__(address, model, timeout_s)
        self._path = f"/v1/models/{quote(model, safe='')}"
        # A model server is reached directly: a proxy meant for the internet would be in the way.
        self._http = httpx.Client(base_url=f"http://{address}", trust_env=False)

    def status(self) -> list[ModelVersionStatus]:
        """Returns the states of the model's versions, newest first."""
        return decode_status(self._call("GET", self._path, self.timeout_s))

    def metadata(self) -> ModelMetadata:
        """Returns the signatures of the version that answers now."""
        return decode_metadata(self._call("GET", f"{self._path}/metadata", self.timeout_s))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _predict(
        self, rows: Sequence[Mapping[str, object]], signature: str, timeout_s: float
    ) -> Columns:
        body = self._call("POST", f"{self._path}:predict", timeout_s, encode_rows(rows, signature))
        return decode_predictions(body, lambda: next(iter(self._signature(signature).outputs)))

    def _call(self, method: str, path: str, timeout_s: float, body: bytes | None = None) -> bytes:
        try:
            response = self._http.request(method, path, content=body, timeout=timeout_s)
        except httpx.TimeoutException as error:
            raise DeadlineExceededError(
                f"no answer from {self.address} within {timeout_s:g} s"
            ) from error
        except httpx.TransportError as error:
            raise UnavailableError(f"cannot reach {self.address}: {error}") from error
        if response.status_code >= _FIRST_ERROR_STATUS:
            raise decode_error(response.status_code, response.content)
        return response.content
