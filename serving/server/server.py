"""The server as a whole: load, open the ports, answer, drain."""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from serving.errors import Code, ServingError
from serving.server.flags import ANY_FREE_PORT, ServerFlags
from serving.server.http_server import HttpServer
from serving.server.model_service import ModelService, Servable
from serving.server.model_versions import ModelVersions
from serving.server.rest_app import create_rest_app
from serving.server.rest_handler import RestHandler
from serving.server.stop_request import listen_for_stop
from serving.server.transitions import RetryPolicy
from serving.server.watcher import Watcher

if TYPE_CHECKING:
    from serving.server.servable import ServableModel

DRAIN_GRACE_S = 10
_THREADS_PER_CPU = 4

_log = logging.getLogger(__name__)


class ModelServer:
    """Serves one model on both protocols until it is asked to stop.

    Args:
        flags: The command line.
    """

    def __init__(self, flags: ServerFlags) -> None:
        self._flags = flags
        self._versions: ModelVersions[Servable] = ModelVersions(flags.model_name)
        self._service = ModelService({flags.model_name: self._versions})
        self._watcher = Watcher(
            self._versions,
            Path(flags.model_base_path),
            _load_servable,
            RetryPolicy(flags.max_num_load_retries, flags.load_retry_interval_micros / 1e6),
            flags.file_system_poll_wait_seconds,
        )
        self._threads = _THREADS_PER_CPU * (os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(self._threads, "rest")

    async def run(self) -> None:
        """Loads the model, serves it, and returns after the drain.

        A load, or a request that outlasts the grace period, may still be running then, in a
        thread that nothing can interrupt.

        Raises:
            ServingError: The model failed to load for good, or no port is to be opened.
            OSError: The gRPC port cannot be had.
        """
        stop = listen_for_stop(stdin=self._flags.exit_on_stdin_close)
        self._watcher.start()
        if await self._first_load(stop):
            await self._serve(stop)

    async def _first_load(self, stop: asyncio.Event) -> bool:
        """Waits for the model; returns False if the server is asked to stop before that."""
        load = asyncio.wrap_future(self._watcher.first_load)
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait((load, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not load.done():
            load.cancel()
            return False
        load.result()
        return True

    async def _serve(self, stop: asyncio.Event) -> None:
        # It imports TensorFlow, which is in memory only after the first load.
        from serving.server.grpc_server import GrpcServer

        flags = self._flags
        grpc_server = rest_server = None
        if flags.port:
            grpc_server = GrpcServer(
                self._service, flags.bind_address, _to_bind(flags.port), self._threads
            )
            grpc_server.start()
            _log.info("Running gRPC ModelServer at %s:%d ...", flags.bind_address, grpc_server.port)
        if flags.rest_api_port:
            rest_server = self._start_rest()
        if grpc_server is None and rest_server is None:
            raise ServingError.of(
                Code.INVALID_ARGUMENT, "No port is open: set --port or --rest_api_port."
            )
        self._report_ready(
            grpc_server.port if grpc_server else 0, rest_server.port if rest_server else 0
        )
        await stop.wait()
        _log.info("Stopping: waiting up to %d s for running requests.", DRAIN_GRACE_S)
        drains = [grpc_server.drain(DRAIN_GRACE_S)] if grpc_server else []
        drains += [rest_server.drain()] if rest_server else []
        await asyncio.gather(*drains)

    def _start_rest(self) -> HttpServer | None:
        """Opens the REST port. As in TensorFlow Serving, a failure leaves the server without it."""
        flags = self._flags
        if flags.rest_api_port == flags.port != ANY_FREE_PORT:
            _log.error("REST is off: --rest_api_port is the same as --port (%d).", flags.port)
            return None
        timeout_s = flags.rest_api_timeout_in_ms / 1000
        app = create_rest_app(RestHandler(self._service), self._pool, timeout_s)
        try:
            server = HttpServer(
                app, flags.bind_address, _to_bind(flags.rest_api_port), DRAIN_GRACE_S
            )
        except OSError as error:
            _log.error("REST is off: cannot listen on port %d: %s", flags.rest_api_port, error)
            return None
        server.start()
        _log.info("Exporting HTTP/REST API at:localhost:%d ...", server.port)
        return server

    def _report_ready(self, grpc_port: int, rest_port: int) -> None:
        if self._flags.ready_fd < 0:
            return
        line = json.dumps({"grpc": grpc_port, "rest": rest_port, "pid": os.getpid()}) + "\n"
        with os.fdopen(self._flags.ready_fd, "w", encoding="utf-8") as file:
            file.write(line)


def _to_bind(port: int) -> int:
    return 0 if port == ANY_FREE_PORT else port


def _load_servable(path: Path) -> Servable:
    return _servable_class()(path)


@functools.cache
def _servable_class() -> type[ServableModel]:
    """Imports TensorFlow."""
    # It imports Keras 3 as well, unless it is told that the old one is meant: a second of start-up
    # and 60 MB for what a SavedModel never needs.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    from serving.server.servable import ServableModel

    # What stays for ever need not be looked at by each collection of garbage.
    gc.freeze()
    return ServableModel
