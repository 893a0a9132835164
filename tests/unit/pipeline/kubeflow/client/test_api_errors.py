"""What goes wrong between Tidemill and Kubeflow's API, as sentences."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest
from kfp_server_api import ApiException

from pipeline.kubeflow.client.api_errors import (
    ConflictError,
    NotFoundError,
    UnreachableError,
    explain,
    message_of,
)
from pipeline.kubeflow.client.connection import connect
from pipeline.kubeflow.client.endpoint import Endpoint

HERE = Endpoint("https://kubeflow.example", "kubeflow.endpoint", "https://kubeflow.example")


def answer(status, body):
    error = ApiException(status=status, reason="whatever")
    error.body = body if isinstance(body, str) else json.dumps(body)
    return explain(error, "start the run", HERE)


def gateway(message, external="Internal Server Error"):
    details = {"@type": "type.googleapis.com/google.rpc.Status", "message": external}
    return {"code": 13, "message": message, "details": [{**details, "code": 13}]}


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, "", "wants to know who you are"),
        (302, "<html>Found", "wants to know who you are"),
        (
            401,
            gateway("Unauthenticated: Request header error: there is no user identity header."),
            "there is no user identity header.; let KF_PIPELINES_SA_TOKEN_PATH",
        ),
        (
            403,
            gateway("PermissionDenied: User 'me' is not authorized with reason: (request: ...)"),
            "you may not start the run: ",
        ),
        (403, "RBAC: access denied", "you may not start the run: RBAC: access denied; have your"),
        (404, gateway("ResourceNotFoundError: Run x not found"), "start the run: Run x not found"),
        (
            404,
            gateway("Failed to get a run: Failed to fetch run x: Run x not found", "no run x"),
            "cannot start the run: no run x",
        ),
        (404, "", "cannot start the run: HTTP 404"),
        (
            400,
            gateway("InvalidInputError: the pipeline has no parameter spam"),
            "cannot start the run: the pipeline has no parameter spam",
        ),
        (
            400,
            {"error_message": "unknown template format", "error_details": "long"},
            "cannot start the run: unknown template format",
        ),
        (503, "<html>upstream", "Kubeflow's API server is away (HTTP 503)"),
        (500, "<!DOCTYPE html>", "cannot start the run: HTTP 500"),
        (
            500,
            gateway(
                "Failed to create a new run: InternalServerError: Failed to create a workflow for "
                '(): workflows.argoproj.io "taxi-x" is forbidden: exceeded quota: runs, requested: '
                "count/workflows.argoproj.io=1, used: count/workflows.argoproj.io=5, limited: "
                "count/workflows.argoproj.io=5"
            ),
            (
                "cannot start the run: the quota runs of the namespace is used up "
                "(count/workflows.argoproj.io=1 more, count/workflows.argoproj.io=5 of "
                "count/workflows.argoproj.io=5 in use); wait for other runs"
            ),
        ),
        (
            500,
            gateway("Failed: Error 1366 (22007): Incorrect string value: '\\xF0\\x9F'"),
            "takes no emoji",
        ),
    ],
)
def test_an_answer_that_refuses(status, body, words):
    error = answer(status, body)

    assert words in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 600


def test_kinds_and_exit_statuses():
    assert isinstance(answer(409, gateway("x")), ConflictError)
    assert isinstance(answer(404, gateway("x")), NotFoundError)
    assert answer(404, gateway("x")).exit_status == 2
    assert isinstance(answer(502, ""), UnreachableError)
    assert answer(500, "").exit_status == 1


def test_a_long_message_is_cut_in_the_middle():
    error = answer(500, gateway("doing" + "x" * 10_000 + "reason"))
    assert len(str(error)) < 400
    assert "doing" in str(error)
    assert "reason" in str(error)
    assert message_of("not json") == "not json"
    assert message_of("[1]") == "[1]"


def failure(url, token=None):
    with pytest.raises(UnreachableError) as caught:
        connect(Endpoint(url, "--endpoint", url, token), "kubeflow")
    return str(caught.value)


def test_nothing_listens():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    message = failure(f"http://127.0.0.1:{port}")

    assert f"http://127.0.0.1:{port} (--endpoint): nothing listens there" in message
    assert "give --port-forward" in message


def test_no_such_host():
    assert "no such host" in failure("http://kubeflow.invalid:8888")


@pytest.fixture
def listener():
    """Something that is no Kubeflow: takes a connection, says `greeting` and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve(greeting):
            def run():
                while True:
                    try:
                        peer, _ = server.accept()
                    except OSError:
                        return
                    with peer:
                        peer.recv(65536)
                        peer.sendall(greeting)

            threading.Thread(target=run, daemon=True).start()
            return server.getsockname()[1]

        yield serve


def test_tls_where_there_is_none(listener):
    port = listener(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    assert "does not speak TLS; give its URL with http://" in failure(f"https://127.0.0.1:{port}")


@pytest.mark.parametrize("body", [b"<html>Log in</html>", b"[]", b"hello"])
def test_something_else_answers(listener, body):
    port = listener(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )

    assert "not as Kubeflow Pipelines does; is it a login page" in failure(
        f"http://127.0.0.1:{port}"
    )


def test_the_token_is_sent_and_read_anew(fake, tmp_path):
    token = Path(tmp_path, "token")
    token.write_text("first")
    connection = connect(Endpoint(fake.url, "", fake.url, token), "team")
    token.write_text("second")
    list(connection.pages("x", connection.client.runs.run_service_list_runs, "runs"))

    assert [headers.get("authorization") for headers in fake.headers] == [
        "Bearer first",
        "Bearer second",
    ]


def test_the_namespace_is_told_where_there_are_many(fake):
    endpoint = Endpoint(fake.url, "", fake.url)
    assert connect(endpoint, "team").namespace is None
    fake.multi_user = True
    assert connect(endpoint, "team").namespace == "team"


def test_connecting_leaves_nothing_in_the_home_folder(fake, tmp_path):
    connect(Endpoint(fake.url, "", fake.url), "team")

    assert list(tmp_path.iterdir()) == []
