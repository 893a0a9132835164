"""gRPC's standard services beside the protocol's own: health and reflection.

They come from gRPC's own packages, `grpcio-health-checking` and `grpcio-reflection`.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from serving.errors import Code, ServingError

if TYPE_CHECKING:
    import grpc

# TensorFlow Serving's names for its services here; "" stands for the whole server.
_NAMES = ("", "ModelService", "PredictionService")
_REFLECTED = ("tensorflow.serving.ModelService", "tensorflow.serving.PredictionService")


class Health:
    """grpc.health.v1: SERVING from the start on, NOT_SERVING once a stop is announced.

    Raises:
        ServingError: FAILED_PRECONDITION when gRPC's package for it is not installed.
    """

    def __init__(self, server: grpc.Server) -> None:
        if importlib.util.find_spec("grpc_health") is None:
            raise ServingError.of(
                Code.FAILED_PRECONDITION,
                "--enable_grpc_healthcheck_service needs the package grpcio-health-checking",
            )
        from grpc_health.v1 import health, health_pb2, health_pb2_grpc

        self._servicer = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)
        for name in _NAMES:
            self._servicer.set(name, health_pb2.HealthCheckResponse.SERVING)

    def say_not_serving(self) -> None:
        """Answers NOT_SERVING from now on, whatever happens."""
        self._servicer.enter_graceful_shutdown()


def enable_reflection(server: grpc.Server) -> None:
    """Lets clients ask which services there are, where gRPC's package for it is installed."""
    if importlib.util.find_spec("grpc_reflection") is None:
        return
    from grpc_reflection.v1alpha import reflection

    reflection.enable_server_reflection((*_REFLECTED, reflection.SERVICE_NAME), server)
