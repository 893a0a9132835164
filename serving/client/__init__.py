"""Clients for a model server, ours or TensorFlow Serving, over REST and gRPC.

They import neither TensorFlow nor the server.
"""

from serving.client.api import AsyncClient, Client
from serving.client.connecting import connect, connect_async
from serving.client.results import AVAILABLE, Columns, ModelMetadata, ModelVersionStatus
from serving.client.retries import NEVER, Retries
from serving.client.tls import Tls
from serving.errors import (
    Code,
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    ServingError,
    UnavailableError,
)
from serving.signature import DEFAULT_SIGNATURE, ROWS_SIGNATURE, Signature, TensorSpec

__all__ = [
    "AVAILABLE",
    "DEFAULT_SIGNATURE",
    "NEVER",
    "ROWS_SIGNATURE",
    "AsyncClient",
    "Client",
    "Code",
    "Columns",
    "DeadlineExceededError",
    "InvalidArgumentError",
    "ModelMetadata",
    "ModelVersionStatus",
    "NotFoundError",
    "Retries",
    "ServingError",
    "Signature",
    "TensorSpec",
    "Tls",
    "UnavailableError",
    "connect",
    "connect_async",
]
