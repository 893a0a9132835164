"""The gRPC listener. Importing this module imports TensorFlow."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

from serving.errors import InvalidArgumentError
from serving.server.flags import MOST_MESSAGE_BYTES
from serving.server.grpc_health import Health, enable_reflection
from serving.server.grpc_inline import take_over
from serving.server.text_config import new_message, read_text_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving.server.grpc_access import AccessInterceptor
    from serving.server.grpc_inline import InlineMethod

_OPTIONS: tuple[tuple[str, int | str], ...] = (
    ("grpc.max_send_message_length", -1),
    # Two servers on one port would share its requests without anybody noticing.
    ("grpc.so_reuseport", 0),
)


@dataclass(frozen=True)
class GrpcSettings:
    """How gRPC is served.

    Attributes:
        address: The address to listen on.
        port: The TCP port; 0 means any free one, None means none.
        socket_path: A UNIX socket to listen on too; "" is none.
        threads: How many calls run at the same time.
        most_bytes: The longest message that is read.
        arguments: gRPC's channel arguments; they win.
        credentials: What makes the connections safe; None leaves them open.
        health: Whether grpc.health.v1 is answered.
        access: What tells the access log of every call; None is nothing.
    """

    address: str
    port: int | None
    socket_path: str = ""
    threads: int = 1
    most_bytes: int = MOST_MESSAGE_BYTES
    arguments: tuple[tuple[str, int | str], ...] = ()
    credentials: grpc.ServerCredentials | None = None
    health: bool = False
    access: AccessInterceptor | None = None


class GrpcServer:
    """Serves the models over gRPC.

    Args:
        settings: How.
        register: Adds the services; returns the method that may be answered inline.

    Attributes:
        port: The TCP port that was bound; 0 when there is none.

    Raises:
        OSError: The port or the socket cannot be had.
    """

    def __init__(
        self,
        settings: GrpcSettings,
        register: Callable[[grpc.Server], InlineMethod],
    ) -> None:
        pool = ThreadPoolExecutor(settings.threads, "grpc")
        self._server = grpc.server(
            pool,
            interceptors=[settings.access] if settings.access else [],
            options=(
                *_OPTIONS,
                ("grpc.max_receive_message_length", settings.most_bytes),
                *settings.arguments,
            ),
        )
        self._credentials = settings.credentials
        inline = register(self._server)
        if settings.access:
            inline = inline._replace(answer=settings.access.around(inline.path, inline.answer))
        self._inline = take_over(self._server, inline, pool)
        self._health = Health(self._server) if settings.health else None
        enable_reflection(self._server, health=settings.health)
        self.port = 0
        if settings.port is not None:
            host = settings.address
            self.port = self._bind(
                f"[{host}]:{settings.port}" if ":" in host else f"{host}:{settings.port}"
            )
        if settings.socket_path:
            self._bind(f"unix:{settings.socket_path}")

    def start(self) -> None:
        """Starts to answer."""
        self._server.start()
        if self._inline:
            self._inline.start()

    def announce_stop(self) -> None:
        """Tells health checks that this server is about to go, and goes on answering."""
        if self._health is not None:
            self._health.say_not_serving()

    async def drain(self, grace_s: float) -> None:
        """Stops accepting and waits for the running calls, at most `grace_s` seconds."""
        if self._inline:
            self._inline.take_in_all()
        stopped = self._server.stop(grace_s)
        # gRPC waits for a while for clients that have vanished without a word; nobody else should.
        await asyncio.get_running_loop().run_in_executor(None, stopped.wait, grace_s)

    def _bind(self, address: str) -> int:
        try:
            if self._credentials is None:
                return int(self._server.add_insecure_port(address))
            return int(self._server.add_secure_port(address, self._credentials))
        except RuntimeError as error:
            raise OSError(f"cannot listen on {address}: {error}") from error


def read_credentials(ssl_config_file: str, *, alts: bool) -> grpc.ServerCredentials | None:
    """Returns what the flags say about safe connections; None for open ones.

    Args:
        ssl_config_file: A text SSLConfig with keys and certificates in PEM; "" is none.
        alts: Whether Google's ALTS is wanted.

    Raises:
        ServingError: The file cannot be read, or its key or certificate is missing.
    """
    if alts:
        return grpc.alts_server_credentials()
    if not ssl_config_file:
        return None
    config = read_text_message(ssl_config_file, new_message("SSLConfig"))
    if not (config.server_key and config.server_cert):
        raise InvalidArgumentError(f"{ssl_config_file} needs a server_key and a server_cert in PEM")
    return grpc.ssl_server_credentials(
        [(config.server_key.encode(), config.server_cert.encode())],
        root_certificates=config.custom_ca.encode() or None,
        require_client_auth=config.client_verify,
    )
