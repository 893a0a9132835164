"""Turns failures into gRPC's statuses."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NoReturn, TypeVar

import grpc

from serving.errors import Code, ServingError
from serving.server.must_wait import MustWaitError

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_MESSAGE = 1024
_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}
_log = logging.getLogger(__name__)
AnswerT = TypeVar("AnswerT")


def answer(context: grpc.ServicerContext, call: Callable[[], AnswerT]) -> AnswerT:
    """Returns what a call returns; its failure ends the request with a status.

    Args:
        context: The request.
        call: What answers it.

    Raises:
        MustWaitError: The call raised it; the request goes on elsewhere.
        Exception: What gRPC raises once a request is ended with a status.
    """
    try:
        return call()
    except MustWaitError:
        raise
    except ServingError as error:
        _abort(context, error)
    except Exception as error:  # noqa: BLE001 - a bug is answered and logged, never dropped
        _log.exception("a gRPC call failed")
        _abort(context, ServingError.of(Code.INTERNAL, str(error)))


def _abort(context: grpc.ServicerContext, error: ServingError) -> NoReturn:
    text = error.message
    if len(text) > _MAX_MESSAGE:
        text = text[:_MAX_MESSAGE] + "...TRUNCATED"
    context.abort(_STATUS_CODES[error.code.number], text)
    raise error  # abort has raised already; this line tells the type checker so
