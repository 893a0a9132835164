"""What is known of a gRPC call that this server reads itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NoReturn

import grpc

if TYPE_CHECKING:
    from collections.abc import Sequence


class CallContext:
    """What a handler may ask and say of its call: the part of `grpc.ServicerContext` in use here.

    Args:
        event: grpcio's event of the call's arrival.
        at_once: Whether the answer is wanted without waiting.

    Attributes:
        at_once: The same.
    """

    def __init__(self, event: Any, *, at_once: bool) -> None:
        self.at_once = at_once
        self._event = event
        self._code: grpc.StatusCode | None = None
        self._details = ""

    def time_remaining(self) -> float:
        """Returns the time until the deadline, seconds; ages where there is none."""
        return float(max(self._event.call_details.deadline - time.time(), 0))

    def invocation_metadata(self) -> Sequence[tuple[str, str | bytes]]:
        """Returns what the client sent beside its message."""
        metadata: Sequence[tuple[str, str | bytes]] = self._event.invocation_metadata
        return metadata

    def peer(self) -> str:
        """Returns the client's address."""
        return str(self._event.call.peer().decode())

    def end(self, code: grpc.StatusCode, details: str) -> None:
        """Says how the call ends."""
        self._code, self._details = code, details

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        """Ends the call with a status.

        Raises:
            grpc.RpcError: Always.
        """
        self.end(code, details)
        raise grpc.RpcError(details)

    def code(self) -> grpc.StatusCode | None:
        """Returns the status that was set."""
        return self._code

    def details(self) -> str:
        """Returns what was said of the status."""
        return self._details
