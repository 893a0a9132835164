"""Tells the access log of gRPC's calls."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from serving.errors import Code
from serving.server.access_log import Access
from serving.server.must_wait import MustWaitError
from serving.server.steps import finish, in_one_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving.server.steps import Steps

# Probes come every few seconds, and say nothing about clients.
_HEALTH = "/grpc.health."
AnswerT = TypeVar("AnswerT")


class AccessInterceptor(grpc.ServerInterceptor):  # type: ignore[type-arg]  # not at run time
    """Stands around every call that has one request and one answer.

    Args:
        log: Takes what is to be said of each call.
    """

    def __init__(self, log: Callable[[Access], None]) -> None:
        self._log = log

    def intercept_service(
        self, continuation: Callable[[Any], Any], handler_call_details: Any
    ) -> Any:
        """Returns what answers a call."""
        handler = continuation(handler_call_details)
        name: str = handler_call_details.method
        if handler is None or handler.unary_unary is None or name.startswith(_HEALTH):
            return handler
        answer = self.around(name, in_one_step(handler.unary_unary))
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: finish(answer(request, context)),
            handler.request_deserializer,
            handler.response_serializer,
        )

    def around(
        self, name: str, answer: Callable[[Any, Any], Steps[AnswerT]]
    ) -> Callable[[Any, Any], Steps[AnswerT]]:
        """Returns what answers the calls of a method, and is seen by the log."""

        def seen(request: Any, context: grpc.ServicerContext) -> Steps[AnswerT]:
            started = time.perf_counter()
            response, comes_again = None, False
            try:
                response = yield from answer(request, context)
            except MustWaitError:
                comes_again = True
                raise
            else:
                return response
            finally:
                if not comes_again:
                    seconds = time.perf_counter() - started
                    self._log(_access(name, request, response, context, seconds))

        return seen


def _access(
    name: str, request: Any, response: Any, context: grpc.ServicerContext, seconds: float
) -> Access:
    asked, answered = (getattr(message, "model_spec", None) for message in (request, response))
    metadata = dict(context.invocation_metadata())
    return Access(
        protocol="GRPC",
        method=name,
        code=_code(response, context),
        model=asked.name if asked else "",
        version=str(answered.version.value) if answered and answered.HasField("version") else "",
        signature=(answered or asked).signature_name if asked else "",
        seconds=seconds,
        request_bytes=request.ByteSize(),
        response_bytes=0 if response is None else response.ByteSize(),
        client=context.peer(),
        user_agent=str(metadata.get("user-agent", "")),
    )


def _code(response: Any, context: Any) -> str:
    if response is not None:
        return Code.OK.name
    code = context.code()
    return Code.UNKNOWN.name if code is None else str(code.name)
