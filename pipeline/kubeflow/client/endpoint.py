"""Where the API of Kubeflow Pipelines is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config.kubeflow_section import is_endpoint
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "KF_PIPELINES_ENDPOINT"
UI_VARIABLE = "KF_PIPELINES_UI_ENDPOINT"
TOKEN_VARIABLE = "KF_PIPELINES_SA_TOKEN_PATH"  # noqa: S105 - the name of a variable
# Namespace in which Kubeflow itself is; the runs of an installation for many users are elsewhere.
SYSTEM_NAMESPACE = "kubeflow"
# Set in every pod.
_POD_VARIABLE = "KUBERNETES_SERVICE_HOST"
_POD_TOKEN = Path("/var/run/secrets/kubeflow/pipelines/token")
_IN_CLUSTER = f"http://ml-pipeline.{SYSTEM_NAMESPACE}.svc.cluster.local:8888"


@dataclass(frozen=True)
class Endpoint:
    """An API of Kubeflow Pipelines.

    Attributes:
        url: Its URL, without a slash at the end.
        origin: Who named it, for messages.
        ui: URL of the user interface, for links.
        token: File with the token that is sent along, or None.
    """

    url: str
    origin: str
    ui: str
    token: Path | None = None


def find_endpoint(
    option: str | None, environ: Mapping[str, str], configured: str | None
) -> Endpoint:
    """Finds the API: the option, the variable, the configuration, else the pod's own cluster.

    Args:
        option: Value of `--endpoint`.
        environ: Environment variables.
        configured: `kubeflow.endpoint` of the configuration.

    Raises:
        UsageError: Nothing names an endpoint, or what does is no URL.
    """
    candidates = (
        (option, "--endpoint"),
        (environ.get(VARIABLE), VARIABLE),
        (configured, "kubeflow.endpoint"),
        (_IN_CLUSTER if _POD_VARIABLE in environ else None, "this pod's cluster"),
    )
    url, origin = next(((u, o) for u, o in candidates if u), (None, ""))
    if url is None:
        raise UsageError(
            f"which Kubeflow? give --endpoint URL, set {VARIABLE} or kubeflow.endpoint, or let "
            "--port-forward reach it through kubectl"
        )
    return make_endpoint(url, origin, environ)


def make_endpoint(url: str, origin: str, environ: Mapping[str, str]) -> Endpoint:
    """Returns the endpoint of a URL, with the user interface and the token that go with it.

    Raises:
        UsageError: It is no URL.
    """
    if not is_endpoint(url):
        raise UsageError(f"{origin} = {url} is no URL; give one such as http://localhost:8888")
    url = url.rstrip("/")
    ui = environ.get(UI_VARIABLE) or url
    return Endpoint(url, origin, ui.rstrip("/"), _token(environ))


def _token(environ: Mapping[str, str]) -> Path | None:
    """Returns the file of a token: the one that the variable names, or the pod's projected one."""
    named = environ.get(TOKEN_VARIABLE)
    path = Path(named) if named else _POD_TOKEN
    if path.is_file():
        return path
    if named:
        raise UsageError(f"{TOKEN_VARIABLE} = {named}: no such file; name a file with a token")
    return None
