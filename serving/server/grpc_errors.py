"""Turns failures into gRPC's statuses."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NoReturn

import grpc

from serving.errors import Code, ServingError
from serving.server.must_wait import MustWaitError

if TYPE_CHECKING:
    from types import TracebackType

_MAX_MESSAGE = 1024
_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}
_log = logging.getLogger(__name__)


class StatusOfFailure:
    """The `with` block of a call: what fails inside ends the request with a status.

    Args:
        context: The request.

    Raises:
        MustWaitError: It was raised inside; the request goes on elsewhere.
        Exception: What gRPC raises once a request is ended with a status.
    """

    def __init__(self, context: grpc.ServicerContext) -> None:
        self._context = context

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, ServingError):
            _abort(self._context, error)
        # A bug is answered and logged, never dropped.
        if isinstance(error, Exception) and not isinstance(error, MustWaitError):
            _log.error("a gRPC call failed", exc_info=error)
            _abort(self._context, ServingError.of(Code.INTERNAL, str(error)))


def _abort(context: grpc.ServicerContext, error: ServingError) -> NoReturn:
    text = error.message
    if len(text) > _MAX_MESSAGE:
        text = text[:_MAX_MESSAGE] + "...TRUNCATED"
    context.abort(_STATUS_CODES[error.code.number], text)
    raise error  # abort has raised already; this line tells the type checker so
