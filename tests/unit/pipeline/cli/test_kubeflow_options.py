"""How commands find Kubeflow."""

from __future__ import annotations

from pipeline.cli.kubeflow_options import Where, connection_to
from pipeline.config.kubeflow_section import KubeflowConfig
from pipeline.kubeflow.client import connection


def test_from_a_pod_kubeflow_is_sought_where_it_is_and_not_where_its_runs_are(monkeypatch):
    connected = []
    monkeypatch.setattr(connection, "connect", lambda *given: connected.append(given))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.delenv("KF_PIPELINES_ENDPOINT", raising=False)

    with connection_to(KubeflowConfig(namespace="team-a"), Where(None, None, port_forward=False)):
        ((endpoint, namespace),) = connected

    assert endpoint.url == "http://ml-pipeline.kubeflow.svc.cluster.local:8888"
    assert namespace == "team-a"
