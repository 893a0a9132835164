"""Answers a unary gRPC method in the thread that reads its messages.

grpcio's server gives each call to a thread of its pool, and each event of the call to that thread
and back. Where an answer takes less than these hand-overs, they and the threads' fight for
Python's lock are most of its cost. Here one method of a server gets a queue of its own, and one
thread that reads the queue and answers at once what is expected to be short (`pace`), several calls
step by step (`steps`) where several are there; the rest goes to the pool. Ports, credentials, the
other methods and the drain stay with grpcio.

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
from serving.server.pace import Paces
from serving.server.steps import take_together

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from concurrent.futures import Executor

    from serving.server.steps import Steps

_NO_FLAGS = 0
_AT_ONCE = 0.0
# Each waits for the answers to the others, which take half a millisecond at most as a rule.
_MOST_TOGETHER = 16
# Calls that come without a message must not keep those that have one waiting.
_MOST_EVENTS = 4 * _MOST_TOGETHER
# More calls than may be expected to wait at any moment.
_MOST_WAITING = 1000
_log = logging.getLogger(__name__)


class InlineMethod(NamedTuple):
    """A method that may be answered inline.

    Attributes:
        path: The full name, such as "/package.Service/Method".
        answer: Request and `CallContext` -> the answer, in steps. Asked with a context that is
            `at_once`, it raises `MustWaitError` if the answer may take long after all; nothing must
            have been done then.
        read: The bytes of a request -> the request.
        write: An answer -> its bytes.
        key_of: Request -> what requests that take about the same time have in common.
    """

    path: str
    answer: Callable[[Any, Any], Steps[Any]]
    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]
    key_of: Callable[[Any], Hashable]


def take_over(server: grpc.Server, method: InlineMethod, pool: Executor) -> InlineCalls | None:
    """Takes a method over from a server that was not started yet.

    Args:
        server: The server. It has the method among its generic handlers, in case that it keeps it.
            Its interceptors are not asked.
        method: Which method.
        pool: Where calls run that may take longer.

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
    return InlineCalls(cygrpc, core, queue, method, pool)


class InlineCalls:
    """The calls of one method. Made by `take_over`."""

    def __init__(
        self, cygrpc: Any, core: Any, queue: Any, method: InlineMethod, pool: Executor
    ) -> None:
        self._grpc = cygrpc
        self._core = core
        self._queue = queue
        self._method = method
        self._pool = pool
        self._paces = Paces()
        # The calls that are awaited, and those that are not over: the queue must outlive them.
        self._open = 0
        self._lock = threading.Lock()
        self._asked: list[Steps[None]] = []

    def start(self) -> None:
        """Begins to answer; ends when the server has stopped and the last call is over."""
        self._await_call()
        threading.Thread(target=self._serve, name="grpc-inline", daemon=True).start()

    def take_in_all(self) -> None:
        """Takes in the calls that wait inside of gRPC: a stop of the server would cancel them.

        Until then one is awaited at a time, which takes the least processor time.
        """
        for _ in range(_MOST_WAITING):
            self._await_call()

    def _serve(self) -> None:
        ended = self._grpc.CompletionType.queue_shutdown
        while (event := self._queue.poll()).completion_type != ended:
            self._take(event)
            for _ in range(_MOST_EVENTS):
                if (event := self._event_that_is_there()) is None:
                    break
                self._take(event)
            asked, self._asked = self._asked, []
            take_together(asked)
            # They would keep their calls alive while the next one is waited for.
            del asked

    def _take(self, event: Any) -> None:
        try:
            event.tag(event)
        except Exception:  # noqa: BLE001 - one call must not end all others
            _log.exception("an event of a gRPC call failed")

    def _event_that_is_there(self) -> Any:
        """Returns the next event if there is one, and room for one more question."""
        # All calls but the one that is awaited may have asked already: then there will be none.
        if len(self._asked) >= min(_MOST_TOGETHER, self._open - 1):
            return None
        event = self._queue.poll(_AT_ONCE)
        types = self._grpc.CompletionType
        none = event.completion_type in (types.queue_timeout, types.queue_shutdown)
        return None if none else event

    def _await_call(self) -> None:
        queue = self._queue
        with self._lock:
            self._open += 1
        try:
            self._core.request_registered_call(queue, queue, self._method.path, self._on_call)
        except ValueError:  # how grpcio says that the server is stopping
            self._on_end(None)

    def _on_end(self, _event: Any) -> None:
        """An answer was sent, or its client had left; or the server stops and no call comes."""
        with self._lock:
            self._open -= 1
            if not self._open:
                self._queue.shutdown()

    def _on_call(self, event: Any) -> None:
        if not event.success:
            self._on_end(event)
            return
        self._await_call()
        on_message = functools.partial(self._on_message, event)
        operations = (self._grpc.ReceiveMessageOperation(_NO_FLAGS),)
        event.call.start_server_batch(operations, on_message)

    def _on_message(self, call: Any, event: Any) -> None:
        message = event.batch_operations[0].message()
        if message is None:
            text = f'"{self._method.path}" requires exactly one request message.'
            self._end(call, grpc.StatusCode.UNIMPLEMENTED, text)
        else:
            self._asked.append(self._answer_here(call, message))

    def _answer_here(self, call: Any, message: bytes) -> Steps[None]:
        """Answers a message, or gives it to the pool."""
        try:
            request = self._method.read(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client hears of it
            _log.warning("a gRPC message could not be read: %r", error)
            self._end(call, grpc.StatusCode.INTERNAL, "Exception deserializing request!")
            return
        key, size = self._method.key_of(request), len(message)
        if self._paces.is_short(key, size):
            try:
                yield from self._answer(call, request, key, size, at_once=True)
            except MustWaitError:
                self._paces.forget(key)
            else:
                return
        self._pool.submit(self._answer_there, call, request, key, size)

    def _answer_there(self, call: Any, request: Any, key: Hashable, size: int) -> None:
        take_together([self._answer(call, request, key, size, at_once=False)])

    def _answer(
        self, call: Any, request: Any, key: Hashable, size: int, *, at_once: bool
    ) -> Steps[None]:
        stopwatch = self._paces.watch(key)
        context = CallContext(call, at_once=at_once)
        message = None
        try:
            response = yield from stopwatch.around(self._method.answer(request, context))
            message = self._method.write(response)
        except MustWaitError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the client hears of it
            if context.code() is None:
                _log.exception("a gRPC call failed")
                context.end(grpc.StatusCode.UNKNOWN, f"Exception calling application: {error}")
        self._paces.note(key, size, stopwatch)
        yield
        self._end(call, context.code() or grpc.StatusCode.OK, context.details(), message)

    def _end(
        self, call: Any, code: grpc.StatusCode, details: str, message: bytes | None = None
    ) -> None:
        text = details.encode(errors="replace")
        operations = (
            self._grpc.SendInitialMetadataOperation(None, _NO_FLAGS),
            *(() if message is None else (self._grpc.SendMessageOperation(message, _NO_FLAGS),)),
            self._grpc.SendStatusFromServerOperation(None, code.value[0], text, _NO_FLAGS),
            # Not before: nothing is done about a client that leaves while its answer is computed.
            self._grpc.ReceiveCloseOnServerOperation(_NO_FLAGS),
        )
        call.call.start_server_batch(operations, self._on_end)
