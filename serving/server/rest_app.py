"""The ASGI application of the REST API."""

from __future__ import annotations

import asyncio
import contextlib
import time
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from serving.errors import Code, DeadlineExceededError, InvalidArgumentError, ServingError
from serving.server.access_log import Access
from serving.server.flags import MOST_MESSAGE_BYTES
from serving.server.rest_handler import RestAnswer, RestHandler
from serving.server.rest_routes import is_api_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import ThreadPoolExecutor

    from starlette.types import ASGIApp, Receive, Scope, Send

    from serving.server.readiness import Readiness

_OK, _BAD_REQUEST, _NOT_FOUND, _TOO_LARGE, _UNAVAILABLE = 200, 400, 404, 413, 503
_NOT_FOUND_PAGE = (
    "<HTML><HEAD>\n<TITLE>404 Not Found</TITLE>\n</HEAD><BODY>\n"
    "<H1>Not Found</H1>\n</BODY></HTML>\n"
)
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET",
    "Access-Control-Allow-Headers": "Content-Type",
}
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class RestSettings:
    """How REST is served.

    Attributes:
        timeout_s: The longest time that a request may take, seconds.
        cors: Whether browsers may call from any origin.
        most_bytes: The longest body that is read, after it was unpacked.
        metrics: Where pages of metrics are, and what writes them.
        access_log: Takes each request to the API; None takes none.
    """

    timeout_s: float
    cors: bool = False
    most_bytes: int = MOST_MESSAGE_BYTES
    metrics: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    access_log: Callable[[Access], None] | None = None


class _BodyTooLongError(Exception):
    pass


def create_rest_app(
    handler: RestHandler, pool: ThreadPoolExecutor, readiness: Readiness, settings: RestSettings
) -> ASGIApp:
    """Builds the application.

    Args:
        handler: Answers the requests.
        pool: Where the handler runs, so that the event loop never waits for a model.
        readiness: What `/readyz` reports; a server that is not ready closes its connections.
        settings: How REST is served.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        # A client that leaves before it has sent everything wants no answer.
        with contextlib.suppress(ClientDisconnect):
            response = await _respond(request, handler, pool, readiness, settings)
            if not readiness.ready:
                # The client opens its next connection, and so finds another server.
                response.headers["Connection"] = "close"
            await response(scope, receive, send)

    return app


async def _respond(
    request: Request,
    handler: RestHandler,
    pool: ThreadPoolExecutor,
    readiness: Readiness,
    settings: RestSettings,
) -> Response:
    path = _path_as_sent(request)
    if not is_api_path(path):
        return _respond_outside(path, readiness, settings)
    started = time.perf_counter()
    headers = _CORS if settings.cors else {}
    if request.method == "OPTIONS":
        origin = request.headers.get("origin", "")
        allowed = "http://" in origin or "https://" in origin
        return Response(status_code=_OK if allowed else _BAD_REQUEST, headers=headers)
    body = b""
    try:
        body = await _read_body(request, settings.most_bytes)
        answer = await _answer(request.method, path, body, handler, pool, settings.timeout_s)
    except _BodyTooLongError:
        answer = _too_long(settings.most_bytes)
    except ServingError as error:
        answer = RestAnswer.of_error(error)
    if settings.access_log:
        seconds = time.perf_counter() - started
        settings.access_log(_access(request, path, len(body), answer, seconds))
    return Response(answer.body, answer.status, headers, media_type="application/json")


async def _answer(
    method: str,
    path: str,
    body: bytes,
    handler: RestHandler,
    pool: ThreadPoolExecutor,
    timeout_s: float,
) -> RestAnswer:
    work = asyncio.get_running_loop().run_in_executor(pool, handler.answer, method, path, body)
    # Not wait_for: a call into TensorFlow cannot be cancelled, it ends in its thread.
    done, _ = await asyncio.wait({work}, timeout=timeout_s)
    return work.result() if done else _too_late(timeout_s)


def _access(request: Request, path: str, size: int, answer: RestAnswer, seconds: float) -> Access:
    notes = answer.notes
    client = request.client
    return Access(
        protocol="REST",
        method=request.method,
        path=path,
        http_status=answer.status,
        code=notes.code,
        model=notes.model,
        version=notes.version,
        signature=notes.signature,
        seconds=seconds,
        request_bytes=size,
        response_bytes=len(answer.body),
        client=f"{client.host}:{client.port}" if client else "",
        user_agent=request.headers.get("user-agent", ""),
    )


def _respond_outside(path: str, readiness: Readiness, settings: RestSettings) -> Response:
    if path in settings.metrics:
        return PlainTextResponse(settings.metrics[path]())
    meant = path.partition("?")[0]
    if meant in settings.metrics:
        text = f"Unexpected path: {path}. Should be {meant}"
        return PlainTextResponse(text, status_code=_BAD_REQUEST)
    if path == "/healthz":
        return PlainTextResponse("ok\n")
    if path == "/readyz":
        if readiness.ready:
            return PlainTextResponse("ready\n")
        return PlainTextResponse("not ready\n", status_code=_UNAVAILABLE)
    return HTMLResponse(_NOT_FOUND_PAGE, status_code=_NOT_FOUND)


async def _read_body(request: Request, most_bytes: int) -> bytes:
    packed = "gzip" in request.headers.get("content-encoding", "")
    unpack = zlib.decompressobj(_GZIP) if packed else None
    parts: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        part = chunk if unpack is None else _unpack(unpack, chunk, most_bytes - size + 1)
        size += len(part)
        if size > most_bytes:
            raise _BodyTooLongError
        parts.append(part)
    if unpack is not None and not unpack.eof:
        raise InvalidArgumentError("The request's body is not gzip: it ends too early")
    return b"".join(parts)


def _unpack(unpack: zlib._Decompress, chunk: bytes, most_bytes: int) -> bytes:
    try:
        return unpack.decompress(chunk, most_bytes)
    except zlib.error as error:
        raise InvalidArgumentError(f"The request's body is not gzip: {error}") from error


def _path_as_sent(request: Request) -> str:
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")


def _too_long(most_bytes: int) -> RestAnswer:
    text = f"The request's body is longer than {most_bytes} bytes."
    refusal = RestAnswer.of_error(ServingError.of(Code.RESOURCE_EXHAUSTED, text))
    return RestAnswer(_TOO_LARGE, refusal.body, refusal.notes)


def _too_late(timeout_s: float) -> RestAnswer:
    return RestAnswer.of_error(
        DeadlineExceededError(f"The request took longer than {timeout_s:g} seconds.")
    )
