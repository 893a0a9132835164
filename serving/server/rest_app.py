"""The ASGI application of the REST API."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from serving.errors import Code, ServingError
from serving.server.access_log import Access
from serving.server.flags import MOST_MESSAGE_BYTES
from serving.server.request_body import BodyTooLongError, header, read_body
from serving.server.rest_handler import RestAnswer, RestHandler
from serving.server.rest_request import RestRequest
from serving.server.rest_routes import is_api_path
from serving.server.short_work import ShortWork

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


@dataclass(frozen=True)
class RestSettings:
    """How REST is served.

    Attributes:
        timeout_s: The longest time that a request may take, seconds; None is any.
        cors: Whether browsers may call from any origin.
        most_bytes: The longest body that is read, after it was unpacked.
        metrics: Where pages of metrics are, and what writes them.
        access_log: Takes each request to the API; None takes none.
    """

    timeout_s: float | None
    cors: bool = False
    most_bytes: int = MOST_MESSAGE_BYTES
    metrics: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    access_log: Callable[[Access], None] | None = None


def create_rest_app(
    handler: RestHandler, pool: ThreadPoolExecutor, readiness: Readiness, settings: RestSettings
) -> ASGIApp:
    """Builds the application.

    Args:
        handler: Answers the requests.
        pool: Where requests run that may take longer than a few milliseconds, so that the event
            loop never waits for a model.
        readiness: What `/readyz` reports; a server that is about to go closes its connections.
        settings: How REST is served.
    """
    api = _Api(handler, pool, settings)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = _path_as_sent(scope)
        # A client that leaves before it has sent everything wants no answer.
        with contextlib.suppress(ClientDisconnect):
            if is_api_path(path):
                response = await api.respond(path, scope, receive)
            else:
                response = _respond_outside(path, readiness, settings)
            if not readiness.open:
                # The client opens its next connection, and so finds another server.
                response.headers["Connection"] = "close"
            await response(scope, receive, send)

    return app


class _Api:
    """The paths of the API."""

    def __init__(
        self, handler: RestHandler, pool: ThreadPoolExecutor, settings: RestSettings
    ) -> None:
        self._handler = handler
        self._pool = pool
        self._settings = settings
        self._headers = _CORS if settings.cors else {}
        self._short_work = ShortWork()

    async def respond(self, path: str, scope: Scope, receive: Receive) -> Response:
        started = time.perf_counter()
        method, body = scope["method"], b""
        try:
            if method == "OPTIONS":
                origin = header(scope, b"origin")
                answer = self._handler.preflight(RestRequest(method, path), origin)
            else:
                body = await read_body(scope, receive, self._settings.most_bytes)
                answer = await self._answer(method, path, body)
        except BodyTooLongError:
            text = f"The request's body is longer than {self._settings.most_bytes} bytes."
            error = ServingError.of(Code.RESOURCE_EXHAUSTED, text)
            refusal = self._handler.refuse(RestRequest(method, path), error)
            answer = replace(refusal, status=_TOO_LARGE)
        except ServingError as error:
            answer = self._handler.refuse(RestRequest(method, path), error)
        if self._settings.access_log:
            seconds = time.perf_counter() - started
            self._settings.access_log(_access(scope, path, len(body), answer, seconds))
        media_type = "application/json" if answer.body else None
        return Response(answer.body, answer.status, self._headers, media_type=media_type)

    async def _answer(self, method: str, path: str, body: bytes) -> RestAnswer:
        handler, timeout_s = self._handler, self._settings.timeout_s
        request = RestRequest(method, path, body, timeout_s)
        if handler.is_short(path, len(body)):
            answer = await self._short_work.run(functools.partial(handler.answer_at_once, request))
            if answer is not None:
                return answer
        work = asyncio.get_running_loop().run_in_executor(self._pool, handler.answer, request)
        # Not wait_for: a call into TensorFlow cannot be cancelled, it ends in its thread.
        done, _ = await asyncio.wait({work}, timeout=timeout_s)
        if done:
            return work.result()
        # A copy: the thread still writes into the request's own.
        return RestAnswer.of_error(request.too_late(), replace(request.notes))


def _access(scope: Scope, path: str, size: int, answer: RestAnswer, seconds: float) -> Access:
    notes = answer.notes
    host, port = scope.get("client") or ("", 0)
    return Access(
        protocol="REST",
        method=scope["method"],
        path=path,
        http_status=answer.status,
        code=notes.code,
        model=notes.model,
        version=notes.version,
        signature=notes.signature,
        seconds=seconds,
        request_bytes=size,
        response_bytes=len(answer.body),
        client=f"{host}:{port}" if host else "",
        user_agent=header(scope, b"user-agent"),
    )


def _respond_outside(path: str, readiness: Readiness, settings: RestSettings) -> Response:
    if path in settings.metrics:
        return PlainTextResponse(settings.metrics[path]())
    meant = path.partition("?")[0]
    if meant in settings.metrics:
        text = f"Unexpected path: {path}. Should be {meant}"
        return PlainTextResponse(text, status_code=_BAD_REQUEST)
    if meant == "/healthz":
        return PlainTextResponse("ok\n")
    if meant == "/readyz":
        if readiness.ready:
            return PlainTextResponse("ready\n")
        return PlainTextResponse("not ready\n", status_code=_UNAVAILABLE)
    return HTMLResponse(_NOT_FOUND_PAGE, status_code=_NOT_FOUND)


def _path_as_sent(scope: Scope) -> str:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")
