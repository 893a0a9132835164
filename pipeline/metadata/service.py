"""`MetadataStoreService`: every method of the native store, as a gRPC service.

Requests and responses pass through as the bytes that they are. What the native store lacks answers
UNIMPLEMENTED, except the two methods that are a loop over one that it has.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import grpc
from ml_metadata.proto import metadata_store_service_pb2

from pipeline.metadata.native_store import ConnectionPool, StoreError, has_method

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.metadata.metrics import ServiceMetrics
    from pipeline.metadata.native_store import Connection

SERVICE = metadata_store_service_pb2.DESCRIPTOR.services_by_name["MetadataStoreService"]
_STATUS = {code.value[0]: code for code in grpc.StatusCode}
_log = logging.getLogger(__name__)


class MetadataStoreService:
    """Answers the calls of ML Metadata's client.

    Args:
        metrics: Where calls are counted.
    """

    def __init__(self, metrics: ServiceMetrics) -> None:
        self._metrics = metrics
        self._pool: ConnectionPool | None = None

    def use(self, pool: ConnectionPool) -> None:
        """Answers from a database from now on; before, every call is UNAVAILABLE."""
        self._pool = pool

    def handler(self) -> grpc.GenericRpcHandler[bytes, bytes]:
        """Returns what a gRPC server needs to serve this service."""
        names = [method.name for method in SERVICE.methods]
        served = [name for name in names if has_method(name) or name in _LOOPS]
        return grpc.method_handlers_generic_handler(
            SERVICE.full_name,
            # Without (de)serializers gRPC hands over bytes.
            {name: grpc.unary_unary_rpc_method_handler(self._method(name)) for name in served},
        )

    def _method(self, name: str) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        answer = _LOOPS.get(name) or _passed_on(name)

        def serve(request: bytes, context: grpc.ServicerContext) -> bytes:
            began = time.monotonic()
            status = grpc.StatusCode.INTERNAL
            try:
                response = self._answer(answer, request, context.time_remaining())
                status = grpc.StatusCode.OK
            except StoreError as error:
                status = _STATUS.get(error.code, grpc.StatusCode.UNKNOWN)
                if status in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE):
                    _log.warning("call failed", extra={"method": name, "error": error.message})
                context.abort(status, error.message)
            finally:
                self._metrics.count(name, status.name, time.monotonic() - began)
            return response

        return serve

    def _answer(
        self,
        answer: Callable[[Connection, bytes], bytes],
        request: bytes,
        timeout: float | None,
    ) -> bytes:
        if self._pool is None:
            raise StoreError(
                grpc.StatusCode.UNAVAILABLE.value[0], "the service is not connected to its database"
            )
        with self._pool.lend(timeout) as connection:
            return answer(connection, request)


def _passed_on(name: str) -> Callable[[Connection, bytes], bytes]:
    return lambda connection, request: connection.call(name, request)


def _of_each_context(relation: str) -> Callable[[Connection, bytes], bytes]:
    """Serves Get{Parent,Children}ContextsByContexts by the method for one context."""
    pb, method = metadata_store_service_pb2, f"Get{relation}ContextsByContext"

    def answer(connection: Connection, request: bytes) -> bytes:
        response = getattr(pb, f"{method}sResponse")()
        for context_id in getattr(pb, f"{method}sRequest").FromString(request).context_ids:
            one = getattr(pb, f"{method}Request")(context_id=context_id)
            found = getattr(pb, f"{method}Response").FromString(
                connection.call(method, one.SerializeToString())
            )
            related = getattr(response.contexts[context_id], f"{relation.lower()}_contexts")
            related.extend(found.contexts)
        return bytes(response.SerializeToString())

    return answer


_LOOPS: dict[str, Callable[[Connection, bytes], bytes]] = {
    f"Get{relation}ContextsByContexts": _of_each_context(relation)
    for relation in ("Parent", "Children")
}
