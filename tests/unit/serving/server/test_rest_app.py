import asyncio
import gzip
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from serving.server.metrics import ServerMetrics
from serving.server.model_service import ModelService
from serving.server.readiness import Readiness
from serving.server.rest_app import RestSettings, create_rest_app
from serving.server.rest_handler import RestAnswer, RestHandler


class FakeHandler(RestHandler):
    """Echoes what it is asked; a request for `/v1/slow` waits to be released."""

    def __init__(self):
        super().__init__(ModelService(), ServerMetrics())
        self.release = threading.Event()
        self.threads = []

    def counts(self):
        lines = self._metrics.page().splitlines()
        return [line.rpartition("{")[2] for line in lines if "request_count{" in line]

    def answer(self, request):
        self.threads.append(threading.current_thread())
        if request.path == "/v1/slow":
            request.notes.model, request.notes.version = "slow", "7"
            self.release.wait(10)
            request.notes.code = "OK"
        return RestAnswer(200, f"{request.method} {request.path} {request.body.decode()}".encode())

    def is_short(self, path, size):
        return path.startswith("/v1/short") and size < 9

    def answer_at_once(self, request):
        return self.answer(request) if request.body != b"long" else None


@pytest.fixture
def handler():
    return FakeHandler()


@pytest.fixture
def ask(handler):
    """Sends requests at the same time, each a method, a path and a body."""
    with ThreadPoolExecutor(2) as pool:

        def ask_all(*requests, headers=None, leaving=False, models=True, **settings):
            settings = RestSettings(**{"timeout_s": 10, **settings})

            async def send():
                readiness = Readiness(lambda: models, open=not leaving)
                app = create_rest_app(handler, pool, readiness, settings)
                transport = httpx.ASGITransport(app)
                async with httpx.AsyncClient(
                    transport=transport, base_url="http://x", headers=headers
                ) as client:
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


@pytest.mark.conformance("rest.outside")
def test_a_path_outside_the_api_is_not_found(ask):
    (answer,) = ask(("GET", "/metrics", ""))
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "<H1>Not Found</H1>" in answer.text


@pytest.mark.conformance("rest.timeout")
def test_a_request_that_takes_too_long_is_answered_in_time(ask):
    (answer,) = ask(("GET", "/v1/slow", ""), timeout_s=0.01)
    assert answer.status_code == 504
    assert "longer than 0.01 seconds" in answer.json()["error"]


def test_a_slow_request_does_not_hold_up_others(ask, handler):
    release = handler.release
    handler_answer = handler.answer

    def answer(request):
        result = handler_answer(request)
        if request.path == "/v1/quick":
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
            readiness = Readiness(lambda: True, open=True)
            app = create_rest_app(handler, pool, readiness, RestSettings(timeout_s=1))
            await app({**scope, "headers": []}, receive, send)

    asyncio.run(leave())


@pytest.mark.conformance("rest.cors")
def test_cors_headers_are_sent_where_they_are_wanted(ask):
    (plain,) = ask(("GET", "/v1/a", ""))
    assert "access-control-allow-origin" not in plain.headers
    (answer,) = ask(("GET", "/v1/a", ""), cors=True)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "POST, GET"
    assert answer.headers["access-control-allow-headers"] == "Content-Type"


@pytest.mark.conformance("rest.options")
@pytest.mark.parametrize(
    ("origin", "status"), [("https://a.example", 200), ("http://a", 200), ("a", 400), ("", 400)]
)
def test_options_asks_for_an_origin(ask, handler, origin, status):
    told = []
    headers = {"Origin": origin} if origin else {}
    (answer,) = ask(("OPTIONS", "/v1/a", ""), headers=headers, access_log=told.append)
    assert (answer.status_code, answer.content) == (status, b"")
    code = "OK" if status == 200 else "FAILED_PRECONDITION"
    assert handler.counts() == [f'model_name="",status="{code}"}} 1']
    assert [(access.method, access.code) for access in told] == [("OPTIONS", code)]


@pytest.mark.conformance("rest.gzip")
def test_a_packed_body_is_unpacked(ask, handler):
    packed = {"Content-Encoding": "gzip"}
    (answer,) = ask(("POST", "/v1/a", gzip.compress(b"x" * 9)), headers=packed)
    assert answer.text == "POST /v1/a " + "x" * 9
    (answer,) = ask(("POST", "/v1/a", b"x"), headers=packed)
    assert answer.status_code == 400
    assert "not gzip" in answer.json()["error"]
    assert handler.counts() == ['model_name="",status="INVALID_ARGUMENT"} 1']


@pytest.mark.conformance("better.limits")
def test_a_body_may_only_be_so_long_also_when_it_is_packed(ask, handler):
    path = "/v1/models/m:predict"
    (fits, refused) = ask(("POST", path, b"x" * 8), ("POST", path, b"x" * 9), most_bytes=8)
    assert handler.counts() == ['model_name="m",status="RESOURCE_EXHAUSTED"} 1']
    assert (fits.status_code, refused.status_code) == (200, 413)
    assert "longer than 8 bytes" in refused.json()["error"]
    bomb = gzip.compress(b"x" * 10_000_000)
    (answer,) = ask(
        ("POST", "/v1/a", bomb), most_bytes=len(bomb), headers={"Content-Encoding": "gzip"}
    )
    assert answer.status_code == 413


@pytest.mark.conformance("metrics.page")
def test_the_metrics_page_is_where_it_was_configured(ask):
    pages = {"/m": lambda: "numbers\n"}
    page, query, other = ask(
        ("GET", "/m", ""), ("GET", "/m?x", ""), ("GET", "/n", ""), metrics=pages
    )
    assert (page.status_code, page.text) == (200, "numbers\n")
    assert page.headers["content-type"].startswith("text/plain")
    assert (query.status_code, query.text) == (400, "Unexpected path: /m?x. Should be /m")
    assert other.status_code == 404


@pytest.mark.conformance("better.probes")
@pytest.mark.parametrize(
    ("state", "status"), [({}, 200), ({"leaving": True}, 503), ({"models": False}, 503)]
)
def test_probes_tell_life_from_readiness(ask, state, status):
    alive, ready = ask(("GET", "/healthz", ""), ("GET", "/readyz", ""), **state)
    assert (alive.status_code, ready.status_code) == (200, status)
    alive, ready = ask(("GET", "/healthz?a", ""), ("GET", "/readyz?verbose", ""), **state)
    assert (alive.status_code, ready.status_code) == (200, status)


def test_a_server_that_is_leaving_answers_and_closes_the_connection(ask):
    (answer,) = ask(("GET", "/v1/a", ""), leaving=True)
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")
    (answer,) = ask(("GET", "/v1/a", ""), models=False)
    assert "connection" not in answer.headers


@pytest.mark.conformance("better.access_log")
def test_calls_of_the_api_are_told_to_the_access_log_and_probes_are_not(ask):
    told = []
    ask(("POST", "/v1/a?b", "four"), ("GET", "/healthz", ""), access_log=told.append)
    ask(("POST", "/v1/a", "x" * 9), access_log=told.append, most_bytes=8)
    first, second = told
    assert (first.protocol, first.method, first.path) == ("REST", "POST", "/v1/a?b")
    assert (first.http_status, first.request_bytes, first.response_bytes) == (200, 4, 17)
    assert first.user_agent.startswith("python-httpx")
    assert (second.http_status, second.code) == (413, "RESOURCE_EXHAUSTED")


def test_the_access_log_names_the_model_of_a_request_that_took_too_long(ask):
    told = []
    ask(("GET", "/v1/slow", ""), access_log=told.append, timeout_s=0.01)
    (access,) = told
    assert (access.http_status, access.code) == (504, "DEADLINE_EXCEEDED")
    assert (access.model, access.version) == ("slow", "7")


def test_short_requests_are_answered_on_the_loop_and_others_in_a_thread(ask, handler):
    sent = [("/v1/short", "1"), ("/v1/short", "long"), ("/v1/short", "x" * 9), ("/v1/other", "1")]
    here = []
    for path, body in sent:
        handler.threads.clear()
        (answer,) = ask(("POST", path, body))
        assert answer.text == f"POST {path} {body}"
        here.append(handler.threads == [threading.main_thread()])
    assert here == [True, False, False, False]
