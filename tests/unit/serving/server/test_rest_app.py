import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from serving.server.rest_app import create_rest_app
from serving.server.rest_handler import RestAnswer


class FakeHandler:
    """Echoes what it is asked; a request for `/v1/slow` waits to be released."""

    def __init__(self):
        self.release = threading.Event()

    def answer(self, method, path, body):
        if path == "/v1/slow":
            self.release.wait(10)
        return RestAnswer(200, f"{method} {path} {body.decode()}".encode())


@pytest.fixture
def handler():
    return FakeHandler()


@pytest.fixture
def ask(handler):
    """Sends requests at the same time, each a method, a path and a body."""
    with ThreadPoolExecutor(2) as pool:

        def ask_all(*requests, timeout_s=10):
            async def send():
                transport = httpx.ASGITransport(create_rest_app(handler, pool, timeout_s))
                async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                    sent = [client.request(m, path, content=body) for m, path, body in requests]
                    return await asyncio.gather(*sent)

            return asyncio.run(send())

        yield ask_all
        handler.release.set()


def test_the_handler_gets_method_path_and_body_as_they_were_sent(ask):
    (answer,) = ask(("POST", "/v1/models/a%2Fb:predict?q=%20", "body"))
    assert answer.text == "POST /v1/models/a%2Fb:predict?q=%20 body"
    assert answer.headers["content-type"] == "application/json"


def test_any_method_reaches_the_handler(ask):
    assert [answer.text[:6] for answer in ask(("PATCH", "/v1/a", ""), ("DELETE", "/V1/a", ""))] == [
        "PATCH ",
        "DELETE",
    ]


def test_a_path_outside_the_api_is_not_found(ask):
    (answer,) = ask(("GET", "/metrics", ""))
    assert (answer.status_code, answer.text) == (404, "Not Found")


def test_a_request_that_takes_too_long_is_answered_in_time(ask):
    (answer,) = ask(("GET", "/v1/slow", ""), timeout_s=0.01)
    assert answer.status_code == 504
    assert "longer than 0.01 seconds" in answer.json()["error"]


def test_a_slow_request_does_not_hold_up_others(ask, handler):
    release = handler.release
    handler_answer = handler.answer

    def answer(method, path, body):
        result = handler_answer(method, path, body)
        if path == "/v1/quick":
            release.set()
        return result

    handler.answer = answer
    slow, quick = ask(("GET", "/v1/slow", ""), ("GET", "/v1/quick", ""))
    assert (slow.status_code, quick.status_code) == (200, 200)


def test_a_client_that_leaves_early_is_no_error(handler):
    async def leave():
        async def receive():
            return {"type": "http.disconnect"}

        async def send(message):
            raise AssertionError(message)

        scope = {"type": "http", "method": "POST", "path": "/v1/a", "query_string": b""}
        with ThreadPoolExecutor(1) as pool:
            await create_rest_app(handler, pool, 1)({**scope, "headers": []}, receive, send)

    asyncio.run(leave())
