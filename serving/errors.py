"""The one family of errors of `serving`: what the server answers and what the client raises.

Codes are the canonical ones that gRPC and TensorFlow share; REST carries them as an HTTP status.
"""

from __future__ import annotations

import enum


class Code(enum.Enum):
    """A canonical status code: its number in gRPC and the HTTP status that stands for it."""

    OK = (0, 200)
    CANCELLED = (1, 499)
    UNKNOWN = (2, 500)
    INVALID_ARGUMENT = (3, 400)
    DEADLINE_EXCEEDED = (4, 504)
    NOT_FOUND = (5, 404)
    ALREADY_EXISTS = (6, 409)
    PERMISSION_DENIED = (7, 403)
    RESOURCE_EXHAUSTED = (8, 429)
    FAILED_PRECONDITION = (9, 400)
    ABORTED = (10, 409)
    OUT_OF_RANGE = (11, 400)
    UNIMPLEMENTED = (12, 501)
    INTERNAL = (13, 500)
    UNAVAILABLE = (14, 503)
    DATA_LOSS = (15, 500)
    UNAUTHENTICATED = (16, 401)

    @property
    def number(self) -> int:
        """The number that gRPC and TensorFlow give the code."""
        return self.value[0]

    @property
    def http_status(self) -> int:
        """The HTTP status with which REST answers the code."""
        return self.value[1]

    @classmethod
    def from_number(cls, number: int) -> Code:
        """Returns the code with gRPC's number; a number that is not canonical is UNKNOWN."""
        return next((code for code in cls if code.number == number), cls.UNKNOWN)

    @classmethod
    def from_http_status(cls, status: int) -> Code:
        """Returns the commonest code behind an HTTP status (several codes share some of them)."""
        first_choice = {400: cls.INVALID_ARGUMENT, 409: cls.ABORTED, 500: cls.INTERNAL}
        fallback = next((code for code in cls if code.http_status == status), cls.UNKNOWN)
        return first_choice.get(status, fallback)


class ServingError(Exception):
    """A request, a model or the server failed.

    Attributes:
        code: The canonical code.
        message: What went wrong, for a person.
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message

    @staticmethod
    def of(code: Code, message: str) -> ServingError:
        """Returns the error as the class that stands for its code, so that it can be caught."""
        kind = _BY_CODE.get(code)
        return ServingError(code, message) if kind is None else kind(message)


class InvalidArgumentError(ServingError):
    """The request does not fit the model's signature or the protocol."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.INVALID_ARGUMENT, message)


class NotFoundError(ServingError):
    """The server does not have the model, or not that version of it."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.NOT_FOUND, message)


class UnavailableError(ServingError):
    """Nobody answers at the address, or the server is overloaded or going away."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.UNAVAILABLE, message)


class DeadlineExceededError(ServingError):
    """The answer did not come in time."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.DEADLINE_EXCEEDED, message)


class ServerStartError(ServingError):
    """A server process ended or stayed silent before it served its model."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.UNAVAILABLE, message)


_BY_CODE = {
    Code.INVALID_ARGUMENT: InvalidArgumentError,
    Code.NOT_FOUND: NotFoundError,
    Code.UNAVAILABLE: UnavailableError,
    Code.DEADLINE_EXCEEDED: DeadlineExceededError,
}
