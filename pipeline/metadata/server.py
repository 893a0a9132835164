"""The metadata service's process.

    python -m pipeline.metadata.server --sqlite FILE
    TIDEMILL_MYSQL_PASSWORD=... python -m pipeline.metadata.server --mysql-host HOST

It listens at once and connects to its database in the background, again and again until that works;
the gRPC health service says SERVING for `""` while the process lives, and for the service's own
name while the database answers. SIGTERM lets running calls finish.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from concurrent import futures
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import start_http_server

from pipeline.errors import ConfigurationError
from pipeline.metadata import structured_log
from pipeline.metadata.metrics import ServiceMetrics
from pipeline.metadata.native_store import ConnectionPool, StoreError
from pipeline.metadata.options import ServiceOptions, parse_options
from pipeline.metadata.service import SERVICE, MetadataStoreService

if TYPE_CHECKING:
    from types import FrameType

_RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0)
_PROBE_SECONDS = 5.0
_LARGEST_MESSAGE_BYTES = 64 << 20
_log = logging.getLogger("pipeline.metadata.server")


class MetadataServer:
    """The gRPC server with its health, reflection and metrics.

    Args:
        options: What it was started with.

    Attributes:
        port: Port of gRPC.
        metrics_port: Port of the metrics page, or None.

    Raises:
        RuntimeError: The port of gRPC is taken.
        OSError: The port of the metrics page is taken.
    """

    def __init__(self, options: ServiceOptions) -> None:
        self._options = options
        self._metrics = ServiceMetrics()
        self._service = MetadataStoreService(self._metrics)
        self._health = health.HealthServicer()
        self._stopping = threading.Event()
        self._server = grpc.server(
            futures.ThreadPoolExecutor(options.threads),
            handlers=[self._service.handler()],
            options=[("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES)],
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(
            (SERVICE.full_name, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server
        )
        self.port = self._server.add_insecure_port(f"{options.host}:{options.port}")
        self.metrics_port: int | None = None
        if options.metrics_port is not None:
            page, _ = start_http_server(options.metrics_port, options.host, self._metrics.registry)
            self.metrics_port = page.server_port

    def run(self) -> None:
        """Serves until `stop` is called; then lets running calls finish."""
        self._set_connected(connected=False)
        self._server.start()
        _log.info("listening", extra={"port": self.port, "metrics_port": self.metrics_port})
        pool = self._connect()
        while not self._stopping.wait(_PROBE_SECONDS):
            self._probe(pool)
        _log.info("stopping")
        self._health.enter_graceful_shutdown()
        self._server.stop(self._options.grace_seconds).wait()

    def stop(self) -> None:
        """Ends `run`; safe in a signal's handler."""
        self._stopping.set()

    def _connect(self) -> ConnectionPool | None:
        """Connects to the database, however long that takes; None when told to stop meanwhile."""
        tries = 0
        while not self._stopping.is_set():
            try:
                pool = ConnectionPool(self._options.database)
            except StoreError as error:
                pause = _RETRY_SECONDS[min(tries, len(_RETRY_SECONDS) - 1)]
                tries += 1
                _log.warning("no database yet", extra={"error": error.message, "next_try_s": pause})
                self._stopping.wait(pause)
            else:
                self._service.use(pool)
                self._set_connected(connected=True)
                _log.info("connected", extra={"database": str(self._options.database)})
                return pool
        return None

    def _probe(self, pool: ConnectionPool | None) -> None:
        """Has the health service tell whether the database answers."""
        if pool is None:
            return
        try:
            with pool.lend(timeout=_PROBE_SECONDS) as connection:
                connection.probe()
        except StoreError as error:
            _log.warning("the database does not answer", extra={"error": error.message})
            self._set_connected(connected=False)
        else:
            self._set_connected(connected=True)

    def _set_connected(self, *, connected: bool) -> None:
        self._metrics.set_connected(connected=connected)
        states = health_pb2.HealthCheckResponse
        self._health.set("", states.SERVING)
        self._health.set(SERVICE.full_name, states.SERVING if connected else states.NOT_SERVING)


def main() -> int:
    """Runs the service until SIGTERM or Ctrl-C; returns the exit status."""
    try:
        options = parse_options(sys.argv[1:], os.environ)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    structured_log.install()
    try:
        server = MetadataServer(options)
    except (RuntimeError, OSError) as error:
        sys.stderr.write(f"cannot listen on {options.host}: {error}; give other ports\n")
        return 1

    def stop(_signum: int, _frame: FrameType | None) -> None:
        server.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
