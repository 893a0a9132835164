"""The server as a whole: load, open the ports, answer, drain."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from serving.server.access_log import AccessLog
from serving.server.config_poll import ConfigPoll, read_model_config
from serving.server.flags import ANY_FREE_PORT, ServerFlags
from serving.server.http_server import HttpServer
from serving.server.loading import Loader, make_request_logs
from serving.server.metrics import ServerMetrics
from serving.server.model_catalog import ModelCatalog
from serving.server.model_config import single_model_config
from serving.server.model_service import ModelService, Servable
from serving.server.readiness import Readiness
from serving.server.rest_app import RestSettings, create_rest_app
from serving.server.rest_handler import RestHandler
from serving.server.start_checks import (
    channel_arguments,
    check_flags,
    metrics_path,
    rest_timeout_s,
)
from serving.server.stop_request import listen_for_stop
from serving.server.transitions import RetryPolicy
from serving.server.watcher import LoadRules, Source, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable

    import grpc

    from serving.server.grpc_inline import InlineMethod
    from serving.server.grpc_server import GrpcServer
    from serving.server.model_versions import ModelVersions

_THREADS_PER_CPU = 4
_log = logging.getLogger(__name__)


class ModelServer:
    """Serves models on both protocols until it is asked to stop.

    Args:
        flags: The command line.

    Raises:
        ServingError: The flags contradict one another, or a configuration file is not valid.
    """

    def __init__(self, flags: ServerFlags) -> None:
        check_flags(flags)
        self._flags = flags
        self._config = (
            read_model_config(flags.model_config_file)
            if flags.model_config_file
            else single_model_config(flags.model_name, flags.model_base_path)
        )
        self._arguments = tuple(channel_arguments(flags.grpc_channel_arguments))
        self._metrics_path = metrics_path(flags.monitoring_config_file)
        self._metrics = ServerMetrics()
        self._service = ModelService()
        self._loader = Loader(flags, self._metrics)
        slots = flags.num_load_threads or _THREADS_PER_CPU * (os.cpu_count() or 1)
        self._rules = LoadRules(
            RetryPolicy(flags.max_num_load_retries, flags.load_retry_interval_micros / 1e6),
            threading.BoundedSemaphore(slots),
            preserve_resources=flags.resource_preserving_transitions,
        )
        self._request_logs = make_request_logs(flags, self._metrics)
        self._catalog = ModelCatalog(
            self._service,
            self._watch,
            log_requests=self._request_logs.configure,
            new_labels_early=flags.allow_version_labels_for_unavailable_models,
        )
        self._access_log = (
            AccessLog(flags.access_log, self._metrics.access_log_count)
            if flags.access_log
            else None
        )
        self._readiness = Readiness(self._service.serves_any)
        self._pool = ThreadPoolExecutor(max(flags.rest_api_num_threads, 1), "rest")

    async def run(self) -> None:
        """Loads the models, serves them, and returns after the drain.

        A load, or a request that outlasts the grace period, may still be running then, in a
        thread that nothing can interrupt.

        Raises:
            ServingError: A model failed to load for good, or the credentials are not valid.
            OSError: The gRPC port cannot be had.
        """
        stop = listen_for_stop(stdin=self._flags.exit_on_stdin_close)
        if await self._first_load(stop):
            await self._serve(stop)
        self._request_logs.close()
        if self._access_log:
            self._access_log.close()

    def _watch(self, versions: ModelVersions[Servable], source: Source) -> Watcher:
        wait_s = self._flags.file_system_poll_wait_seconds
        load = functools.partial(self._loader.load, versions.name)
        return Watcher(versions, source, load, self._rules, wait_s)

    async def _first_load(self, stop: asyncio.Event) -> bool:
        """Waits for the models; returns False if the server is asked to stop before that."""
        load: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        threading.Thread(target=self._configure, args=(load,), daemon=True).start()
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait((load, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not load.done():
            load.cancel()
            return False
        load.result()
        return True

    def _configure(self, done: asyncio.Future[None]) -> None:
        loop = done.get_loop()
        error: Exception | None = None
        try:
            self._loader.prepare()
            self._catalog.configure(self._config)
        except Exception as caught:  # noqa: BLE001 - it is raised where the load is waited for
            error = caught

        def report() -> None:
            if done.cancelled():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

        # The loop is gone when the server was stopped before the models were loaded.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(report)

    async def _serve(self, stop: asyncio.Event) -> None:
        poll = self._start_config_poll()
        grpc_server = self._start_grpc()
        rest_server = self._start_rest()
        self._readiness.open = True
        self._report_ready(
            grpc_server.port if grpc_server else 0, rest_server.port if rest_server else 0
        )
        await stop.wait()
        if poll:
            poll.stop()
        await self._drain(grpc_server, rest_server)

    def _start_config_poll(self) -> ConfigPoll | None:
        flags = self._flags
        wait_s = flags.model_config_file_poll_wait_seconds
        if not flags.model_config_file or wait_s <= 0:
            return None
        # A model that is still to come must not keep the file from being looked at.
        apply = functools.partial(self._catalog.configure, wait=False)
        poll = ConfigPoll(flags.model_config_file, apply, wait_s)
        poll.start()
        return poll

    async def _drain(self, grpc_server: GrpcServer | None, rest_server: HttpServer | None) -> None:
        flags = self._flags
        if flags.drain_notice_seconds > 0:
            self._announce_stop(grpc_server)
            _log.info("Stopping: no longer ready, for %d s.", flags.drain_notice_seconds)
            await asyncio.sleep(flags.drain_notice_seconds)
        if rest_server:
            # First: those whose connection is closed by an answer would open their next one here.
            rest_server.stop_listening()
        self._announce_stop(grpc_server)
        _log.info(
            "Stopping: waiting up to %d s for running requests (Ctrl-C ends at once).",
            flags.drain_grace_seconds,
        )
        drains = [grpc_server.drain(flags.drain_grace_seconds)] if grpc_server else []
        drains += [rest_server.drain()] if rest_server else []
        await asyncio.gather(*drains)

    def _announce_stop(self, grpc_server: GrpcServer | None) -> None:
        self._readiness.open = False
        if grpc_server:
            grpc_server.announce_stop()

    def _start_grpc(self) -> GrpcServer | None:
        flags = self._flags
        if not (flags.port or flags.grpc_socket_path):
            return None
        # They import TensorFlow, which is in memory only after the first load.
        from serving.server.grpc_access import AccessInterceptor
        from serving.server.grpc_server import GrpcServer, GrpcSettings, read_credentials
        from serving.server.grpc_service import add_services
        from serving.server.loading import make_inference

        settings = GrpcSettings(
            address=flags.bind_address,
            port=_to_bind(flags.port) if flags.port else None,
            socket_path=flags.grpc_socket_path,
            threads=max(flags.grpc_max_threads, 1),
            most_bytes=flags.max_request_bytes,
            arguments=self._arguments,
            credentials=read_credentials(flags.ssl_config_file, alts=flags.use_alts_credentials),
            health=flags.enable_grpc_healthcheck_service,
            access=AccessInterceptor(log.add) if (log := self._access_log) else None,
        )
        inference = make_inference(flags, self._metrics)

        def register(its: grpc.Server) -> InlineMethod:
            return add_services(
                its, self._service, self._catalog, inference, self._metrics, self._request_logs
            )

        server = GrpcServer(settings, register)
        server.start()
        if flags.port:
            _log.info("Running gRPC ModelServer at %s:%d ...", flags.bind_address, server.port)
        if flags.grpc_socket_path:
            _log.info("Running gRPC ModelServer at UNIX socket %s ...", flags.grpc_socket_path)
        return server

    def _start_rest(self) -> HttpServer | None:
        """Opens the REST port. As in TensorFlow Serving, a failure leaves the server without it."""
        flags = self._flags
        if not flags.rest_api_port:
            return None
        if flags.rest_api_port == flags.port != ANY_FREE_PORT:
            _log.error("REST is off: --rest_api_port is the same as --port (%d).", flags.port)
            return None
        settings = RestSettings(
            timeout_s=rest_timeout_s(flags),
            cors=flags.rest_api_enable_cors_support,
            most_bytes=flags.max_request_bytes,
            metrics=self._metrics_pages(),
            access_log=self._access_log.add if self._access_log else None,
        )
        handler = RestHandler(
            self._service,
            self._metrics,
            self._request_logs,
            check_method_names=flags.enable_signature_method_name_check,
            most_elements=flags.max_tensor_elements,
        )
        app = create_rest_app(handler, self._pool, self._readiness, settings)
        try:
            server = HttpServer(
                app, flags.bind_address, _to_bind(flags.rest_api_port), flags.drain_grace_seconds
            )
        except OSError as error:
            if not (flags.port or flags.grpc_socket_path):
                raise
            _log.error("REST is off: cannot listen on port %d: %s", flags.rest_api_port, error)
            return None
        server.start()
        _log.info("Exporting HTTP/REST API at:localhost:%d ...", server.port)
        return server

    def _metrics_pages(self) -> dict[str, Callable[[], str]]:
        pages = {self._metrics_path: self._metrics.page}
        pages[self._flags.detailed_metrics_path] = self._metrics.detailed_page
        return {path: page for path, page in pages.items() if path}

    def _report_ready(self, grpc_port: int, rest_port: int) -> None:
        if self._flags.ready_fd < 0:
            return
        line = json.dumps({"grpc": grpc_port, "rest": rest_port, "pid": os.getpid()}) + "\n"
        with os.fdopen(self._flags.ready_fd, "w", encoding="utf-8") as file:
            file.write(line)


def _to_bind(port: int) -> int:
    return 0 if port == ANY_FREE_PORT else port
