"""Whether another run has ended, as far as a pod can learn it from Kubeflow."""

from __future__ import annotations

import os
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from pipeline.errors import UsageError
from pipeline.kubeflow.client.endpoint import find_endpoint
from pipeline.kubeflow.client.runs import FINAL

if TYPE_CHECKING:
    from collections.abc import Mapping

_RUN = "{url}/apis/v2beta1/runs/{run}"
_TIMEOUT_SECONDS = 5.0


def has_ended(run_id: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Says whether Kubeflow knows that a run has ended, or knows it no more.

    A pod that cannot reach Kubeflow's API, or may not read from it, learns nothing: then a run
    counts as going on.

    Args:
        run_id: The run.
        environ: Environment variables, which may name the API.
    """
    import httpx

    try:
        endpoint = find_endpoint(None, environ, None)
        token = endpoint.token.read_text(encoding="utf-8").strip() if endpoint.token else ""
        answer = httpx.get(
            _RUN.format(url=endpoint.url, run=quote(run_id, safe="")),
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=_TIMEOUT_SECONDS,
        )
        fields = answer.json()
    except (UsageError, OSError, ValueError, httpx.HTTPError):
        return False
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return run_id in answer.text  # of the run, and not of the path
    return answer.status_code == HTTPStatus.OK and fields.get("state") in FINAL
