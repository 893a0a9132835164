"""What can go wrong around an infra validation. A bad model is a verdict, never one of these."""

from __future__ import annotations


class InfraValidationError(Exception):
    """The validation itself could not be done.

    Attributes:
        subject: The artifact, split or parameter that the error is about.
    """

    def __init__(self, message: str, *, subject: str) -> None:
        super().__init__(message)
        self.subject = subject


class ModelNotServedError(Exception):
    """A model server did not become ready with the model.

    Attributes:
        reason: What the server said, for a person.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
