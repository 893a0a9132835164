"""Clients for a model server, ours or TensorFlow Serving, over REST and gRPC.

They import neither TensorFlow nor the server.
"""

from serving.client.api import (
    AVAILABLE,
    ROWS_SIGNATURE,
    Client,
    Columns,
    ModelMetadata,
    ModelVersionStatus,
    connect,
)
from serving.errors import (
    Code,
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    ServingError,
    UnavailableError,
)
from serving.signature import DEFAULT_SIGNATURE, Signature, TensorSpec

__all__ = [
    "AVAILABLE",
    "DEFAULT_SIGNATURE",
    "ROWS_SIGNATURE",
    "Client",
    "Code",
    "Columns",
    "DeadlineExceededError",
    "InvalidArgumentError",
    "ModelMetadata",
    "ModelVersionStatus",
    "NotFoundError",
    "ServingError",
    "Signature",
    "TensorSpec",
    "UnavailableError",
    "connect",
]
