"""Kubernetes' client, set up as the pod that this runs in, else through the user's kubeconfig."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Any, NamedTuple

_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class ClusterClient(NamedTuple):
    """A way to a cluster.

    Attributes:
        core: A `CoreV1Api` of Kubernetes' client.
        namespace: This pod's namespace; outside of a pod, that of the current context.
    """

    core: Any
    namespace: str


def cluster_client() -> ClusterClient:
    """Returns the way to the cluster that this runs in, or that the kubeconfig names.

    Raises:
        kubernetes.config.ConfigException: There is neither.
    """
    from kubernetes import client, config

    try:
        config.load_incluster_config()
        namespace = _NAMESPACE_FILE.read_text(encoding="utf-8").strip()
    except (config.ConfigException, FileNotFoundError):
        namespace = _load_context(config)
    core = client.CoreV1Api()
    _accept_older_authorities(core.api_client)
    return ClusterClient(core, namespace)


def _load_context(config: Any) -> str:
    # The client itself looks at the variable once, when it is imported.
    file = os.environ.get("KUBECONFIG")
    config.load_kube_config(file)
    context = config.list_kube_config_contexts(file)[1]["context"]
    return str(context.get("namespace", "default"))


def _accept_older_authorities(api_client: Any) -> None:
    """Verifies certificates as Python did before 3.13.

    Since then it also asks of a certificate authority extensions that those of many clusters,
    made when nobody asked, do not have.
    """
    configuration = api_client.configuration
    if configuration.verify_ssl:
        context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        api_client.rest_client.pool_manager.connection_pool_kw["ssl_context"] = context
