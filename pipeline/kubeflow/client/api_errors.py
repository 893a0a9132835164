"""What goes wrong between Tidemill and Kubeflow's API, each as a sentence with its fix.

Pure: takes the exceptions of the generated client and of urllib3, by their form.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pipeline.errors import TidemillError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.kubeflow.client.endpoint import Endpoint

_QUOTA = re.compile(
    r"exceeded quota: (?P<quota>[^,]+), requested: (?P<asked>.+?), used: (?P<used>.+?), "
    r"limited: (?P<limit>[^\"\\;]+)"
)
_UNKNOWN_HOST = re.compile("NameResolutionError|Name or service not known|getaddrinfo")
_PREFIXES = re.compile(
    r"(?:(?:InternalServerError|InvalidInputError|Invalid input error|NotFoundError|"
    r"ResourceNotFoundError|BadRequestError|Already exist error): )+"
)
_HTML = re.compile(r"\s*<(!doctype|html)", re.IGNORECASE)
_LONGEST = 300
_SAYS_NOTHING = ("", "Internal Server Error")
_NOT_REACHED = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
# Kubeflow for many users sends a stranger to a page for logging in.
_WHO = frozenset({HTTPStatus.UNAUTHORIZED, *range(300, 400)})
_DATABASE_CHARACTERS = "Error 1366"


class KubeflowError(TidemillError):
    """Kubeflow Pipelines did not do what it was asked for.

    Attributes:
        status: HTTP status of its answer; None without one.
    """

    def __init__(self, problem: str, status: int | None = None) -> None:
        super().__init__(problem)
        self.status = status


class UnreachableError(KubeflowError):
    """The API does not answer, for now or at all."""


class ConflictError(KubeflowError):
    """What should be made exists."""


class NotFoundError(KubeflowError):
    """There is no such thing."""

    exit_status = 2


_KINDS: dict[int, type[KubeflowError]] = {
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.CONFLICT: ConflictError,
}


def explain(error: Exception, doing: str, endpoint: Endpoint) -> KubeflowError:
    """Returns what an exception of the client means.

    Args:
        error: `kfp_server_api.ApiException`, an exception of urllib3 or of reading an answer.
        doing: What was asked for, such as `start the run`.
        endpoint: Whom.
    """
    status = getattr(error, "status", None)
    if not status:
        return _no_answer(error, endpoint)
    said = message_of(_text(getattr(error, "body", None)))
    quota = _QUOTA.search(said)
    if quota:
        return KubeflowError(f"cannot {doing}: {quota_sentence(quota)}", status)
    return _by_status(status, shortened(said), doing, endpoint)


def quota_sentence(quota: re.Match[str]) -> str:
    """Returns what an exceeded quota means; the match is one of `find_quota`."""
    asked, used, limit = (quota[key].strip() for key in ("asked", "used", "limit"))
    return (
        f"the quota {quota['quota']} of the namespace is used up ({asked} more, {used} of {limit} "
        "in use); wait for other runs to end, or have the quota raised"
    )


def find_quota(message: str) -> re.Match[str] | None:
    """Finds Kubernetes' complaint about a quota in a message."""
    return _QUOTA.search(message)


def message_of(body: str) -> str:
    """Returns what the API server says is wrong, one line: the reason, not the way it took.

    Args:
        body: Body of the answer: JSON of the gateway, JSON of the upload, or plain text.
    """
    try:
        fields = json.loads(body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return "" if _HTML.match(body) else " ".join(body.split())
    said = _plain(fields) or fields.get("message") or fields.get("error_message") or ""
    return " ".join(_PREFIXES.sub("", str(said)).split())


def _plain(fields: Mapping[str, Any]) -> str | None:
    """Returns what the server means for people: the message without the way that it took."""
    details = fields.get("details") or [{}]
    said = details[0].get("message") if isinstance(details[0], dict) else None
    return None if said in _SAYS_NOTHING else said


def shortened(text: str) -> str:
    """Cuts a long message in the middle: it begins with what was done and ends with the reason."""
    line = " ".join(text.split())
    half = _LONGEST // 2
    return line if len(line) <= _LONGEST else f"{line[:half]} ... {line[-half:]}"


def _text(body: Any) -> str:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return body if isinstance(body, str) else ""


def _no_answer(error: Exception, endpoint: Endpoint) -> KubeflowError:
    where = f"{endpoint.url} ({endpoint.origin})"
    text = f"{type(error).__name__} {error}"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return UnreachableError(
            f"{where} has a certificate that this machine does not trust; let SSL_CERT_FILE name "
            "its authority's certificate"
        )
    if _UNKNOWN_HOST.search(text):
        return UnreachableError(f"{where}: no such host; check the address")
    if "WRONG_VERSION_NUMBER" in text or "record layer failure" in text:
        return UnreachableError(f"{where} does not speak TLS; give its URL with http://")
    if "refused" in text:
        return UnreachableError(
            f"{where}: nothing listens there; start `kubectl port-forward --namespace kubeflow "
            "service/ml-pipeline 8888`, or give --port-forward"
        )
    return UnreachableError(
        f"{where} does not answer ({shortened(str(error))}); check the address and the network"
    )


def _by_status(status: int, said: str, doing: str, endpoint: Endpoint) -> KubeflowError:
    because = f": {said}" if said else ""
    if status in _NOT_REACHED:
        return UnreachableError(
            f"{endpoint.url} answers that Kubeflow's API server is away (HTTP {status}); check "
            "`kubectl get pods --namespace kubeflow`",
            status,
        )
    if status in _KINDS:
        return _KINDS[status](f"cannot {doing}: {said or f'HTTP {status}'}", status)
    return KubeflowError(_sentence(status, because, doing, endpoint), status)


def _sentence(status: int, because: str, doing: str, endpoint: Endpoint) -> str:
    if status in _WHO:
        return (
            f"{endpoint.url} wants to know who you are{because}; let KF_PIPELINES_SA_TOKEN_PATH "
            "name a file with a token for the audience pipelines.kubeflow.org (`kubectl create "
            "token ACCOUNT --audience pipelines.kubeflow.org`)"
        )
    if status == HTTPStatus.FORBIDDEN:
        return (
            f"you may not {doing}{because}; have your account given a role of Kubeflow in that "
            "namespace, such as kubeflow-edit, or give another --namespace"
        )
    if _DATABASE_CHARACTERS in because:
        return (
            f"cannot {doing}: Kubeflow's database takes no emoji and the like; remove such "
            "characters from names and parameters"
        )
    return f"cannot {doing}{because or f': HTTP {status}'}"
