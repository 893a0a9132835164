"""Where the model server of a validation runs.

A backend is the seam between the checks and the machine: the process backend runs the embedded
server here; the one of `cluster` runs any server with TensorFlow Serving's protocol in a Pod.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from components.infra_validator.errors import ModelNotServedError
from components.infra_validator.staging import staged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Endpoints:
    """Where a running server answers.

    Attributes:
        rest: `HOST:PORT` of HTTP.
        grpc: `HOST:PORT` of gRPC.
    """

    rest: str
    grpc: str


class ModelServerBackend(Protocol):
    """Runs a model server for as long as a context lasts."""

    def serve(self, model_name: str, saved_model: Path) -> AbstractContextManager[Endpoints]:
        """Starts a server, waits until it serves, and stops it at the end of the context.

        Args:
            model_name: The name under which it serves the model.
            saved_model: Folder of the SavedModel, which becomes version `VERSION`.

        Raises:
            ModelNotServedError: The server ended or did not become ready in time.
        """


@dataclass(frozen=True)
class ProcessBackend:
    """Runs the embedded server as a process of this machine, on free loopback ports.

    Attributes:
        log_path: File for what the server writes.
        load_timeout_seconds: How long it may take until it serves the model.
        scratch: Folder for temporary files.
    """

    log_path: Path
    load_timeout_seconds: float
    scratch: Path

    @contextmanager
    def serve(self, model_name: str, saved_model: Path) -> Iterator[Endpoints]:
        """See `ModelServerBackend.serve`. The server dies with this process, however that ends."""
        from serving.errors import ServerStartError
        from serving.server.process import ServerProcess

        with ExitStack() as stack:
            base_path = stack.enter_context(staged(saved_model, model_name, self.scratch))
            try:
                server = stack.enter_context(
                    ServerProcess(
                        model_name,
                        base_path,
                        self.log_path,
                        load_timeout_s=self.load_timeout_seconds,
                    )
                )
            except ServerStartError as error:
                raise ModelNotServedError(error.message) from error
            yield Endpoints(f"127.0.0.1:{server.rest_port}", f"127.0.0.1:{server.grpc_port}")
