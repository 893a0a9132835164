"""The gRPC listener. Importing this module imports TensorFlow."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc

from serving.server.grpc_service import add_services

if TYPE_CHECKING:
    from serving.server.model_service import ModelService

_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # Two servers on one port would share its requests without anybody noticing.
    ("grpc.so_reuseport", 0),
)


class GrpcServer:
    """Serves the models on one address.

    Args:
        service: The models.
        address: The address to listen on.
        port: The TCP port; 0 means any free one.
        threads: How many calls run at the same time.

    Attributes:
        port: The port that was bound.

    Raises:
        OSError: The port cannot be had.
    """

    def __init__(self, service: ModelService, address: str, port: int, threads: int) -> None:
        self._server = grpc.server(ThreadPoolExecutor(threads, "grpc"), options=_OPTIONS)
        add_services(self._server, service)
        host = f"[{address}]" if ":" in address else address
        try:
            self.port: int = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:
            raise OSError(f"cannot listen on {host}:{port}: {error}") from error

    def start(self) -> None:
        """Starts to answer."""
        self._server.start()

    async def drain(self, grace_s: float) -> None:
        """Stops accepting and waits for the running calls, at most `grace_s` seconds."""
        stopped = self._server.stop(grace_s)
        await asyncio.get_running_loop().run_in_executor(None, stopped.wait)
