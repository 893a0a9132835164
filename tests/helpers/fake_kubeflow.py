"""A stand-in for Kubeflow's API server, which speaks its HTTP to the real `kfp.Client`."""

from __future__ import annotations

import contextlib
import itertools
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from kubeflow_api import NEVER, NOT_FOUND, ROUTES, Refused, now


class FakeKubeflow:
    """The state of an installation.

    Attributes:
        requests: What was asked: method and path.
        next_error: Raised by the next request whose path it ends with: `(path, error)`.
    """

    def __init__(self):
        self.pipelines, self.versions, self.experiments = {}, {}, {}
        self.runs, self.schedules = {}, {}
        self.manifests, self.logs = {}, {}
        self.requests = []
        self.headers = []
        self.next_error = None
        self.multi_user = False
        self._ids = itertools.count(1)

    def new_id(self):
        return f"00000000-0000-4000-8000-{next(self._ids):012d}"

    def answer(self, method, url, body):
        path = urlsplit(url)
        self.requests.append((method, path.path))
        if self.next_error and path.path.endswith(self.next_error[0]):
            error, self.next_error = self.next_error[1], None
            raise error
        query = {key: values[0] for key, values in parse_qs(path.query).items()}
        for its_method, pattern, function in ROUTES:
            match = pattern.fullmatch(path.path)
            if match and its_method == method:
                return function(self, *match.groups(), query=query, body=body)
        raise Refused(NOT_FOUND, "Not Found", body=json.dumps({"code": 5, "message": "Not Found"}))

    def set_run(self, run_id, state, tasks=(), ended=False):
        """Lets a run be in a state, with tasks as `name: state`; adds the rows that no task has."""
        run = self.runs[run_id]
        rows = [*dict(tasks).items(), ("root", state), ("executor", "SUCCEEDED")]
        run["state"] = state
        run["run_details"] = {
            "task_details": [
                {"display_name": name, "state": its, "start_time": now(), "end_time": NEVER}
                for name, its in rows
                if its
            ]
        }
        run["finished_at"] = now() if ended else NEVER

    def set_pods(self, run_id, **pods):
        """Lets a run have executor pods, `task=(phase, message)`; a hyphen is an underscore."""
        nodes = {}
        for number, (task, (phase, message)) in enumerate(pods.items()):
            name = task.replace("_", "-")
            nodes[f"wf-{number}"] = {
                "id": f"wf-{number}",
                "name": f"wf.root.{name}.executor",
                "type": "Pod",
                "templateName": "system-container-impl",
                "phase": phase,
                "message": message,
                "startedAt": f"2026-11-21T17:00:{number:02d}Z",
            }
        self.manifests[run_id] = {"metadata": {"name": "wf"}, "status": {"nodes": nodes}}

    def set_log(self, run_id, number, text):
        """Lets the pod of a number, as `set_pods` numbers them, have a log."""
        self.logs[run_id, f"wf-system-container-impl-{number}"] = text


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self):
        fake = self.server.fake
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if "multipart" in self.headers.get("Content-Type", ""):
            body = self.headers["Content-Type"].encode() + b"\n\n" + body
        fake.headers.append(dict(self.headers))
        try:
            answer, status = fake.answer(self.command, self.path, body), 200
        except Refused as refused:
            answer, status = refused.body, refused.status
        data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_):
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Says nothing of a client that went away before its answer."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def serving():
    """Runs a stand-in; `url` is where."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.fake = FakeKubeflow()
    server.fake.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.fake
    server.shutdown()
    server.server_close()
