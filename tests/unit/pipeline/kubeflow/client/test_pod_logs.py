"""Logs of pods that still run."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.kubeflow.client.pod_logs import PodLogs

_LOG = "/api/v1/namespaces/kubeflow/pods/running/log"


class _Kubernetes(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        status = 200 if self.path.startswith(_LOG) else self.server.otherwise
        body = b"reading\n" if status == 200 else b'{"kind": "Status"}'
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def kubernetes(monkeypatch, tmp_path):
    """An API server that has one pod, named by KUBECONFIG."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Kubernetes)
    server.asked, server.otherwise = [], 404
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    entry = {"cluster": {"server": f"http://127.0.0.1:{server.server_port}"}, "name": "c"}
    context = {"context": {"cluster": "c", "user": "u"}, "name": "x"}
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "x"}
    config |= {"clusters": [entry], "contexts": [context], "users": [{"name": "u", "user": {}}]}
    path = tmp_path / "config"
    path.write_text(json.dumps(config))
    # The client reads the variable when it is imported.
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    yield server
    server.shutdown()
    server.server_close()


def test_the_log_of_the_container_that_runs_the_nodes(kubernetes):
    assert PodLogs("kubeflow").read("running") == "reading\n"
    assert kubernetes.asked == [f"{_LOG}?container=main"]


@pytest.mark.usefixtures("kubernetes")
def test_a_pod_that_is_not_there_yet_is_asked_for_again():
    logs = PodLogs("kubeflow")

    assert logs.read("coming") == ""
    assert logs.read("running") == "reading\n"


def test_whoever_may_not_read_logs_does_not_ask_again(kubernetes):
    kubernetes.otherwise = 403
    logs = PodLogs("kubeflow")

    assert logs.read("secret") == ""
    assert logs.read("running") == ""
    assert len(kubernetes.asked) == 1


def test_without_a_cluster_there_are_no_logs(monkeypatch, tmp_path):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr(
        "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none")
    )

    assert PodLogs("kubeflow").read("running") == ""
