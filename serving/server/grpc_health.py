"""gRPC's standard services beside the protocol's own: health and reflection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

if TYPE_CHECKING:
    import grpc

# TensorFlow Serving's names for its services here; "" stands for the whole server.
_NAMES = ("", "ModelService", "PredictionService")
_HEALTH = "grpc.health.v1.Health"
_REFLECTED = ("tensorflow.serving.ModelService", "tensorflow.serving.PredictionService")


class Health:
    """grpc.health.v1: SERVING from the start on, NOT_SERVING once a stop is announced."""

    def __init__(self, server: grpc.Server) -> None:
        self._servicer = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)
        for name in _NAMES:
            self._servicer.set(name, health_pb2.HealthCheckResponse.SERVING)

    def say_not_serving(self) -> None:
        """Answers NOT_SERVING from now on, whatever happens."""
        self._servicer.enter_graceful_shutdown()


def enable_reflection(server: grpc.Server, *, health: bool) -> None:
    """Lets clients ask which services there are.

    Args:
        server: The server.
        health: Whether the health service is one of them.
    """
    names = [*_REFLECTED, reflection.SERVICE_NAME]
    if health:
        names.append(_HEALTH)
    reflection.enable_server_reflection(names, server)
