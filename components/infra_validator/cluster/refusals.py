"""What Kubernetes' API says when it does not do what it is asked."""

from __future__ import annotations

import enum
import json
import re
from http import HTTPStatus

from components.infra_validator.errors import InfraValidationError

_QUOTA = "exceeded quota"
_EXISTS = "already exists"
_RBAC = re.compile(r"User .* cannot ")


class Refusal(enum.Enum):
    """Kinds of refusals, by what has to be done about them."""

    GONE = "there is no such object"
    EXISTS = "there is one of that name"
    QUOTA = "the namespace's quota is used up"
    RIGHTS = "the service account may not do this"
    POLICY = "the namespace does not admit such a Pod"
    INVALID = "the Pod is not valid"
    AWAY = "the API does not answer"


_ADVICE = {
    Refusal.GONE: "is this task's Pod still there?",
    Refusal.EXISTS: "run again",
    Refusal.QUOTA: "raise the quota, wait for other Pods to end, or ask for less with "
    "infra_validator.kubernetes.cpu and .memory",
    Refusal.RIGHTS: "give the service account of the tasks a Role with create, get and delete of "
    "pods and get of pods/log",
    Refusal.POLICY: "let the namespace admit Pods of the Pod Security Standard `restricted`, and "
    "see that infra_validator.kubernetes keeps within the namespace's limits",
    Refusal.INVALID: "correct infra_validator.kubernetes",
    Refusal.AWAY: "see whether the cluster's API server is up, and run again",
}

_BY_STATUS: dict[int, Refusal] = {
    HTTPStatus.UNAUTHORIZED: Refusal.RIGHTS,
    HTTPStatus.NOT_FOUND: Refusal.GONE,
    HTTPStatus.CONFLICT: Refusal.EXISTS,
}


class ClusterRefusedError(InfraValidationError):
    """Kubernetes' API refused a request.

    Attributes:
        kind: What sort of refusal it is.
    """

    def __init__(self, kind: Refusal, said: str, *, doing: str) -> None:
        super().__init__(
            f"{doing} failed, {kind.value}: {said}; {_ADVICE[kind]}", subject="kubernetes"
        )
        self.kind = kind


def refusal_of(status: int, message: str) -> Refusal:
    """Returns what sort of refusal an answer of the API is.

    Args:
        status: The HTTP status; 0 when there was no answer.
        message: The message of the answer's Status object.
    """
    if status == HTTPStatus.FORBIDDEN:
        return _prohibition(message)
    if status in (0, HTTPStatus.TOO_MANY_REQUESTS) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Refusal.AWAY
    if status == HTTPStatus.CONFLICT and _EXISTS not in message:
        return Refusal.AWAY  # Two writers met, of a quota for example; trying again helps.
    return _BY_STATUS.get(status, Refusal.INVALID)


def _prohibition(message: str) -> Refusal:
    if _QUOTA in message:
        return Refusal.QUOTA
    return Refusal.RIGHTS if _RBAC.search(message) else Refusal.POLICY


def message_of(body: str | bytes | None, otherwise: str) -> str:
    """Returns the message of a Status object.

    Args:
        body: What the API answered.
        otherwise: What to return when that is no Status object.
    """
    try:
        message = json.loads(body or "")["message"]
    except (ValueError, KeyError, TypeError):
        return otherwise
    return str(message)
