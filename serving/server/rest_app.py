"""The ASGI application of the REST API."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from serving.errors import DeadlineExceededError
from serving.server.rest_handler import RestAnswer, RestHandler
from serving.server.rest_routes import is_api_path

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from starlette.types import ASGIApp, Receive, Scope, Send


def create_rest_app(handler: RestHandler, pool: ThreadPoolExecutor, timeout_s: float) -> ASGIApp:
    """Builds the application.

    Args:
        handler: Answers the requests.
        pool: Where the handler runs, so that the event loop never waits for a model.
        timeout_s: The longest time that a request may take, seconds.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        # A client that leaves before it has sent everything wants no answer.
        with contextlib.suppress(ClientDisconnect):
            response = await _respond(request, handler, pool, timeout_s)
            await response(scope, receive, send)

    return app


async def _respond(
    request: Request, handler: RestHandler, pool: ThreadPoolExecutor, timeout_s: float
) -> Response:
    path = _path_as_sent(request)
    if not is_api_path(path):
        return PlainTextResponse("Not Found", status_code=404)
    body = await request.body()
    work = asyncio.get_running_loop().run_in_executor(
        pool, handler.answer, request.method, path, body
    )
    # Not wait_for: a call into TensorFlow cannot be cancelled, it ends in its thread.
    done, _ = await asyncio.wait({work}, timeout=timeout_s)
    answer = work.result() if done else _too_late(timeout_s)
    return Response(answer.body, answer.status, media_type="application/json")


def _path_as_sent(request: Request) -> str:
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")


def _too_late(timeout_s: float) -> RestAnswer:
    return RestAnswer.of_error(
        DeadlineExceededError(f"The request took longer than {timeout_s:g} seconds.")
    )
