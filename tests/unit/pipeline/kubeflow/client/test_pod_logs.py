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
        if self.server.refuses:
            self.close_connection = True
            return
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
    server.asked, server.otherwise, server.refuses = [], 404, False
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    entry = {"cluster": {"server": f"http://127.0.0.1:{server.server_port}"}, "name": "c"}
    context = {"context": {"cluster": "c", "user": "u"}, "name": "x"}
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "x"}
    config |= {"clusters": [entry], "contexts": [context], "users": [{"name": "u", "user": {}}]}
    path = tmp_path / "config"
    path.write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(path))
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


@pytest.mark.parametrize("status", [401, 403])
def test_that_one_may_not_read_logs_is_said_once(kubernetes, status, caplog):
    kubernetes.otherwise = status
    logs = PodLogs("kubeflow")
    for _ in range(2):
        logs.read("secret")

    (said,) = (record.getMessage() for record in caplog.records)
    assert f"Kubernetes answers {status}" in said
    assert "get of pods/log" in said


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_again_after_a_while(kubernetes, status, caplog):
    kubernetes.otherwise = status
    now = 1000.0
    logs = PodLogs("kubeflow", lambda: now)

    assert logs.read("busy") == ""
    assert logs.read("running") == ""
    now += 60
    assert logs.read("running") == "reading\n"
    assert len(kubernetes.asked) == 2
    assert caplog.text.count(f"Kubernetes answers {status}") == 1


def test_a_container_that_waits_to_start_is_asked_again(kubernetes, caplog):
    kubernetes.otherwise = 400
    logs = PodLogs("kubeflow")

    assert logs.read("starting") == ""
    assert logs.read("running") == "reading\n"
    assert not caplog.records


def test_a_server_that_does_not_answer_is_asked_again_after_a_while(kubernetes, caplog):
    now = 1000.0
    logs = PodLogs("kubeflow", lambda: now)
    kubernetes.refuses = True

    assert logs.read("running") == ""
    kubernetes.refuses = False
    now += 60
    assert logs.read("running") == "reading\n"
    assert "Kubernetes does not answer" in caplog.text


def test_without_a_cluster_there_are_no_logs(monkeypatch, tmp_path, caplog):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))

    assert PodLogs("kubeflow").read("running") == ""
    assert not caplog.records
