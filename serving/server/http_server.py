"""The HTTP listener: uvicorn on uvloop, driven by the server's own start and drain."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Generator

    from starlette.types import ASGIApp

_BACKLOG = 2048
# Long, so that a client that pauses between requests does not meet a connection being closed.
_KEEP_ALIVE_S = 120
# After so long without an answer there is no load.
_QUIET_S = 0.05


class _Uvicorn(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leaves the signals to the server, which drains both protocols."""
        yield


class HttpServer:
    """Serves an ASGI application on one address.

    Args:
        app: The application.
        address: The address to listen on.
        port: The TCP port; 0 means any free one.
        grace_s: How long a drain waits for running requests, seconds.

    Attributes:
        port: The port that was bound.

    Raises:
        OSError: The port cannot be had.
    """

    def __init__(self, app: ASGIApp, address: str, port: int, grace_s: int) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = socket.create_server((address, port), family=family, backlog=_BACKLOG)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_S,
        )
        self._grace_s = grace_s
        self._server = _Uvicorn(config)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Starts to answer, on the running event loop. Connections queue up from the bind on."""
        self._task = asyncio.get_running_loop().create_task(
            self._server.serve(sockets=[self._socket])
        )

    def stop_listening(self) -> None:
        """Accepts no more connections; those that are open are served."""
        # One that has not begun yet has no listeners; it begins and ends in `drain`.
        if self._server.started:
            for listener in self._server.servers:
                listener.close()

    async def drain(self) -> None:
        """Waits for the running requests, at most the grace period, and closes all connections.

        Answers close their connections by now (`readiness`). So the load ends by itself, and before
        uvicorn closes the connections that it takes for idle: under load many of them hold a
        request that nobody has read yet.
        """
        loop, state, answered = asyncio.get_running_loop(), self._server.server_state, -1
        end = loop.time() + self._grace_s
        while state.connections and answered != state.total_requests and loop.time() < end:
            answered = state.total_requests
            await asyncio.sleep(_QUIET_S)
        self._server.config.timeout_graceful_shutdown = max(round(end - loop.time()), 0)
        self._server.should_exit = True
        if self._task is not None:
            await self._task
