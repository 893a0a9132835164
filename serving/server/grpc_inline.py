"""Answers a unary gRPC method in the thread that reads its messages.

grpcio's server gives each call to a thread of its pool, and each event of the call to that thread
and back. Where an answer takes less than these hand-overs, they and the threads' fight for
Python's lock are most of its cost. Here one method of a server gets a queue of its own, and one
thread that reads the queue and answers at once what is expected to be short (`pace`); the rest goes
to the pool. Ports, credentials, the other methods and the drain stay with grpcio.

This stands on the layer that `grpc.Server` itself is made of, `grpc._cython.cygrpc`, which is not a
public one: `take_over` leaves the method to grpcio where that layer is not as it is known.
"""

from __future__ import annotations

import functools
import logging
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc

from serving.server.grpc_context import CallContext
from serving.server.must_wait import MustWaitError
from serving.server.pace import Paces, Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from concurrent.futures import Executor

_NO_FLAGS = 0
_log = logging.getLogger(__name__)


class InlineMethod(NamedTuple):
    """A method that may be answered inline.

    Attributes:
        path: The full name, such as "/package.Service/Method".
        handler: What answers it. Asked with a context that is `at_once`, it raises `MustWaitError`
            if the answer may take long after all; nothing must have been done then.
        key_of: Request -> what requests that take about the same time have in common.
    """

    path: str
    handler: grpc.RpcMethodHandler[Any, Any]
    key_of: Callable[[Any], Hashable]


def take_over(
    server: grpc.Server,
    method: InlineMethod,
    pool: Executor,
    interceptors: Sequence[grpc.ServerInterceptor[Any, Any]] = (),
) -> InlineCalls | None:
    """Takes a method over from a server that was not started yet.

    Args:
        server: The server. It has the method among its generic handlers, in case that it keeps it.
        method: Which method.
        pool: Where calls run that may take longer.
        interceptors: The server's. They are asked once, not for each call.

    Returns:
        What is to be started after the server; None where grpcio keeps the method.
    """
    try:
        from grpc._cython import cygrpc

        core = server._cy_server  # type: ignore[attr-defined]  # noqa: SLF001
        queue = cygrpc.CompletionQueue()
        core.register_completion_queue(queue)
        core.register_method(method.path)
    except (ImportError, AttributeError, TypeError) as error:
        _log.info("gRPC answers %s in threads alone: %r", method.path, error)
        return None
    handler: Any = method.handler
    details: Any = _Details(method.path)
    for interceptor in reversed(interceptors):
        handler = interceptor.intercept_service(lambda _, inner=handler: inner, details)
    return InlineCalls(cygrpc, core, queue, method._replace(handler=handler), pool)


class InlineCalls:
    """The calls of one method. Made by `take_over`."""

    def __init__(
        self, cygrpc: Any, core: Any, queue: Any, method: InlineMethod, pool: Executor
    ) -> None:
        self._grpc = cygrpc
        self._core = core
        self._queue = queue
        self._method = method
        self._handler: Any = method.handler
        self._pool = pool
        self._paces = Paces()
        # Guards what follows and the start of batches: none may begin on a queue that was shut.
        self._lock = threading.Lock()
        self._awaited = 0
        self._stopping = False

    def start(self) -> None:
        """Begins to answer; ends when the server has stopped and the last call is over."""
        self._request_call()
        threading.Thread(target=self._serve, name="grpc-inline", daemon=True).start()

    def _serve(self) -> None:
        ended = self._grpc.CompletionType.queue_shutdown
        while (event := self._queue.poll()).completion_type != ended:
            try:
                event.tag(event)
            except Exception:  # noqa: BLE001 - one call must not end all others
                _log.exception("an event of a gRPC call failed")
            # It would keep its call alive while the next one is waited for.
            del event
            self._end_event()

    def _end_event(self) -> None:
        with self._lock:
            self._awaited -= 1
            if self._stopping and not self._awaited:
                self._queue.shutdown()

    def _request_call(self) -> None:
        queue = self._queue
        with self._lock:
            try:
                self._core.request_registered_call(queue, queue, self._method.path, self._on_call)
                self._awaited += 1
            except ValueError:  # how grpcio says that the server is stopping
                self._stopping = True

    def _on_call(self, event: Any) -> None:
        if not event.success:
            self._stopping = True
            return
        self._request_call()
        call = _Call(event)
        self._begin(call, call.on_close, self._grpc.ReceiveCloseOnServerOperation(_NO_FLAGS))
        on_message = functools.partial(self._on_message, call)
        self._begin(call, on_message, self._grpc.ReceiveMessageOperation(_NO_FLAGS))

    def _on_message(self, call: _Call, event: Any) -> None:
        message = event.batch_operations[0].message()
        if message is None:
            text = f'"{self._method.path}" requires exactly one request message.'
            self._end(call, grpc.StatusCode.UNIMPLEMENTED, text)
            return
        try:
            request = self._handler.request_deserializer(message)
        except Exception:  # noqa: BLE001 - whatever it is, the client hears of it
            _log.exception("a gRPC message could not be read")
            self._end(call, grpc.StatusCode.INTERNAL, "Exception deserializing request!")
            return
        key, size = self._method.key_of(request), len(message)
        if not (self._paces.is_short(key, size) and self._answer_at_once(call, request, key, size)):
            self._pool.submit(self._answer, call, request, key, size, at_once=False)

    def _answer_at_once(self, call: _Call, request: Any, key: Hashable, size: int) -> bool:
        try:
            self._answer(call, request, key, size, at_once=True)
        except MustWaitError:
            self._paces.forget(key)
            return False
        return True

    def _answer(
        self, call: _Call, request: Any, key: Hashable, size: int, *, at_once: bool
    ) -> None:
        stopwatch = Stopwatch()
        context = CallContext(call.event, at_once=at_once)
        message = None
        try:
            response = self._handler.unary_unary(request, context)
            message = self._handler.response_serializer(response)
        except MustWaitError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the client hears of it
            if context.code() is None:
                _log.exception("a gRPC call failed")
                context.end(grpc.StatusCode.UNKNOWN, f"Exception calling application: {error}")
        self._paces.note(key, size, stopwatch)
        self._end(call, context.code() or grpc.StatusCode.OK, context.details(), message)

    def _end(
        self, call: _Call, code: grpc.StatusCode, details: str, message: bytes | None = None
    ) -> None:
        operations = [self._grpc.SendInitialMetadataOperation(None, _NO_FLAGS)]
        if message is not None:
            operations.append(self._grpc.SendMessageOperation(message, _NO_FLAGS))
        text = details.encode(errors="replace")
        status = self._grpc.SendStatusFromServerOperation(None, code.value[0], text, _NO_FLAGS)
        self._begin(call, _ignore, *operations, status)

    def _begin(self, call: _Call, tag: Callable[[Any], None], *operations: Any) -> None:
        with self._lock:
            if not call.is_over:
                call.event.call.start_server_batch(operations, tag)
                self._awaited += 1


class _Call:
    def __init__(self, event: Any) -> None:
        self.event = event
        self.is_over = False

    def on_close(self, _event: Any) -> None:
        """The client is gone, or has everything: from now on nothing can be sent."""
        self.is_over = True


def _ignore(_event: Any) -> None:
    """Takes note that something was sent."""


class _Details(NamedTuple):
    """As `grpc.HandlerCallDetails`."""

    method: str
    invocation_metadata: tuple[()] = ()
