"""A connection to Kubeflow's API: every call has a time limit, and every failure a sentence."""

from __future__ import annotations

import json
import logging
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.kubeflow.client.api_errors import KubeflowError, UnreachableError, explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.kubeflow.client.endpoint import Endpoint

# Seconds to connect, which is tried four times, and to answer.
_PATIENCE = (3, 60)
_PAGE = 100
_HEALTH = "/apis/v2beta1/healthz"
# Given a namespace that is not its default, `kfp.Client` asks no server when it is made. Nothing
# else of it looks at this one: the calls are told theirs.
_NO_NAMESPACE = "-"


@dataclass(frozen=True)
class Connection:
    """Calls the services of Kubeflow's API.

    Attributes:
        client: The `kfp.Client`; its generated services are called, through `call`.
        endpoint: Where it is.
        namespace: The namespace that the API wants to be told; None where it has only one.
    """

    client: Any
    endpoint: Endpoint
    namespace: str | None

    def call(self, doing: str, function: Callable[..., Any], **arguments: Any) -> Any:
        """Calls one of the client's generated functions.

        Args:
            doing: What that does, such as `start the run`, for messages.
            function: The function.
            **arguments: Its arguments; those that are None are left out.

        Raises:
            KubeflowError: It did not work; says why, and the fix.
        """
        given = {key: value for key, value in arguments.items() if value is not None}
        return _call(self.endpoint, doing, function, given)

    def pages(
        self, doing: str, function: Callable[..., Any], field: str, **arguments: Any
    ) -> Iterator[Any]:
        """Yields what a list function lists, page by page.

        Args:
            doing: What that does.
            function: The function.
            field: Field of its answer with the list.
            **arguments: Its arguments.
        """
        token: str | None = None
        while True:
            answer = self.call(doing, function, page_token=token, page_size=_PAGE, **arguments)
            yield from getattr(answer, field) or ()
            token = answer.next_page_token
            if not token:
                return

    def get_text(self, doing: str, path: str) -> str:
        """Returns what the API answers at a path that the generated client does not know."""
        api = self.client.runs.run_service_get_run.__self__.api_client
        answer = self.call(
            doing,
            api.call_api,
            resource_path=path,
            method="GET",
            header_params={"Accept": "*/*"},
            auth_settings=["Bearer"],
            _preload_content=False,
            _return_http_data_only=True,
        )
        data: bytes = answer.data
        return data.decode("utf-8", "replace")

    def run_url(self, run_id: str) -> str:
        """Returns the address of a run in Kubeflow's user interface."""
        return f"{self.endpoint.ui}/#/runs/details/{run_id}"


def connect(endpoint: Endpoint, namespace: str) -> Connection:
    """Connects to an API, after asking it for its health.

    Args:
        endpoint: Where it is.
        namespace: The namespace of the runs, which an installation for many users wants to know.

    Raises:
        KubeflowError: It does not answer, or not as Kubeflow's API does.
    """
    # It would print a line for each attempt to connect, over the sentence that says the same.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # It warns of back ends older than version 2.
        warnings.simplefilter("ignore", FutureWarning)
        import kfp

        client = kfp.Client(
            host=endpoint.url,
            namespace=_NO_NAMESPACE,
            ui_host=endpoint.ui,
            credentials=_credentials(endpoint),
        )
    connection = Connection(client, endpoint, None)
    health = _health(connection.get_text("ask Kubeflow for its health", _HEALTH))
    if health is None:
        raise _strange_answer(endpoint)
    return replace(connection, namespace=namespace if health.get("multi_user") else None)


def _health(answer: str) -> dict[str, Any] | None:
    """Reads what the API says of its health; None if something else answered."""
    try:
        health = json.loads(answer)
    except ValueError:
        return None
    return health if isinstance(health, dict) else None


def _credentials(endpoint: Endpoint) -> Any:
    if endpoint.token is None:
        return None
    from kfp.client.set_volume_credentials import ServiceAccountTokenVolumeCredentials

    return ServiceAccountTokenVolumeCredentials(path=str(endpoint.token))


def _call(
    endpoint: Endpoint, doing: str, function: Callable[..., Any], arguments: dict[str, Any]
) -> Any:
    from kfp_server_api import OpenApiException
    from urllib3.exceptions import HTTPError

    try:
        return function(**arguments, _request_timeout=_PATIENCE)
    except (OpenApiException, HTTPError, OSError) as error:
        raise explain(error, doing, endpoint) from error
    except (ValueError, TypeError, AttributeError) as error:
        # What the generated client makes of an answer that is not the API's.
        raise _strange_answer(endpoint) from error


def _strange_answer(endpoint: Endpoint) -> KubeflowError:
    return UnreachableError(
        f"{endpoint.url} ({endpoint.origin}) answers, but not as Kubeflow Pipelines does; is it a "
        "login page, or another service?"
    )
