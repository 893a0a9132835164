"""How Kubernetes' API is reached."""

from __future__ import annotations

import json
import ssl

from components.cluster_client import cluster_client

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "here",
    "contexts": [
        {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "kubeflow"}}
    ],
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {"token": "t"}}],
}


def test_an_authority_without_newer_extensions_is_believed(monkeypatch, tmp_path):
    """Python 3.13 asks of authorities what those of many clusters do not have."""
    made = ssl.create_default_context

    def strict(**options):
        context = made(**options)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    (tmp_path / "config").write_text(json.dumps(KUBECONFIG))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr(ssl, "create_default_context", strict)

    core, namespace = cluster_client()

    context = core.api_client.rest_client.pool_manager.connection_pool_kw["ssl_context"]
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert namespace == "kubeflow"
