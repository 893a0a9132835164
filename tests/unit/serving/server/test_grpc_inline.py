"""A method that is answered where its messages are read: a real server, a real client."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from stopped_watch import StoppedWatch

from serving.server.grpc_inline import InlineMethod, take_over
from serving.server.must_wait import MustWaitError
from serving.server.steps import in_one_step

PATH = "/test.Service/Say"
OTHER_PATH = "/test.Service/Other"
INLINE = "grpc-inline"
ENOUGH = 25  # answers, and the next one is known to be short
TIMEOUT_S = 30
POOL = ThreadPoolExecutor(1)


class Service:
    """Answers in capital letters, and remembers in which thread."""

    def __init__(self):
        self.threads = Counter()
        self.behavior = lambda _request, _context: None

    def say(self, request, context):
        self.behavior(request, context)
        self.threads[threading.current_thread().name] += 1
        return request.upper()


class Held:
    """A behavior that takes until it is let go."""

    def __init__(self):
        self.entered = threading.Event()
        self.leave = threading.Event()

    def __call__(self, _request, _context):
        self.entered.set()
        assert self.leave.wait(TIMEOUT_S)


class Generic(grpc.GenericRpcHandler):
    def __init__(self, handlers):
        self.handlers = handlers

    def service(self, details):
        return self.handlers.get(details.method)


def method_of(service):
    answer = in_one_step(service.say)
    return InlineMethod(PATH, answer, bytes.decode, str.encode, lambda request: request[:1])


class Served:
    """A server with one method, and a client."""

    def __init__(self, service):
        handler = grpc.unary_unary_rpc_method_handler(service.say, bytes.decode, str.encode)
        pool = ThreadPoolExecutor(4, "pool")
        self.server = grpc.server(pool)
        other = grpc.unary_unary_rpc_method_handler(lambda request, _context: request)
        self.server.add_generic_rpc_handlers((Generic({PATH: handler, OTHER_PATH: other}),))
        port = self.server.add_insecure_port("127.0.0.1:0")
        self.inline = take_over(self.server, method_of(service), pool)
        self.server.start()
        if self.inline:
            self.inline.start()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.say = self.channel.unary_unary(PATH, str.encode, bytes.decode)

    def close(self):
        self.channel.close()
        self.server.stop(0).wait(TIMEOUT_S)


@pytest.fixture(autouse=True)
def always_short(monkeypatch):
    monkeypatch.setattr("serving.server.pace.Stopwatch", StoppedWatch)


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def serve(service):
    made = []

    def make():
        made.append(Served(service))
        return made[-1]

    yield make
    for its in made:
        its.close()


@pytest.fixture
def served(serve):
    return serve()


def inline_threads():
    return [thread for thread in threading.enumerate() if thread.name == INLINE]


def refusal(call):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code(), caught.value.details()


def warm(served):
    for _ in range(ENOUGH):
        assert served.say("hello", timeout=TIMEOUT_S) == "HELLO"


def test_answers_that_were_short_come_from_the_thread_that_reads(service, served):
    warm(served)

    assert service.threads[INLINE] == ENOUGH - 20
    assert sum(service.threads.values()) == ENOUGH


def test_each_kind_of_request_is_known_by_itself(service, served):
    warm(served)
    before = service.threads[INLINE]
    served.say("another", timeout=TIMEOUT_S)

    assert service.threads[INLINE] == before


def test_what_may_take_long_after_all_goes_to_the_pool_and_is_done_once(service, served):
    warm(served)
    asked = []

    def behavior(_request, context):
        asked.append(getattr(context, "at_once", False))
        if context.at_once:
            raise MustWaitError

    service.behavior = behavior
    before = service.threads[INLINE]

    assert served.say("hello", timeout=TIMEOUT_S) == "HELLO"
    assert asked == [True, False]
    assert service.threads[INLINE] == before


@pytest.mark.parametrize("calls_before", [0, ENOUGH])
def test_a_status_reaches_the_client(service, served, calls_before):
    for _ in range(calls_before):
        served.say("hello", timeout=TIMEOUT_S)
    service.behavior = lambda _, context: context.abort(grpc.StatusCode.NOT_FOUND, "no \ud800 such")
    code, details = refusal(lambda: served.say("hello", timeout=TIMEOUT_S))

    assert (code, details) == (grpc.StatusCode.NOT_FOUND, "no ? such")


@pytest.mark.parametrize("calls_before", [0, ENOUGH])
def test_a_bug_is_said_and_logged(service, served, caplog, calls_before):
    for _ in range(calls_before):
        served.say("hello", timeout=TIMEOUT_S)

    def behavior(_request, _context):
        raise ZeroDivisionError("by nothing")

    service.behavior = behavior
    code, details = refusal(lambda: served.say("hello", timeout=TIMEOUT_S))

    assert (code, details) == (
        grpc.StatusCode.UNKNOWN,
        "Exception calling application: by nothing",
    )
    assert "ZeroDivisionError" in caplog.text


def test_a_handler_knows_deadline_metadata_and_client(service, served):
    seen = {}

    def behavior(_request, context):
        seen["left"] = context.time_remaining()
        seen["metadata"] = dict(context.invocation_metadata())
        seen["peer"] = context.peer()

    service.behavior = behavior
    served.say("hello", timeout=500, metadata=(("team", "blue"),))

    assert 400 < seen["left"] < 510
    assert seen["metadata"]["team"] == "blue"
    assert seen["peer"].startswith("ipv4:127.0.0.1:")
    served.say("hello")
    assert seen["left"] > 1e9


def test_a_message_that_cannot_be_read(served, caplog):
    send = served.channel.unary_unary(PATH)

    assert refusal(lambda: send(b"\xff", timeout=TIMEOUT_S)) == (
        grpc.StatusCode.INTERNAL,
        "Exception deserializing request!",
    )
    assert "UnicodeDecodeError" in caplog.text


def test_a_call_without_a_message(served):
    send = served.channel.stream_unary(PATH)
    code, details = refusal(lambda: send(iter(()), timeout=TIMEOUT_S))

    assert code is grpc.StatusCode.UNIMPLEMENTED
    assert details == f'"{PATH}" requires exactly one request message.'


def test_a_client_that_leaves_harms_nobody(service, served):
    service.behavior = held = Held()
    call = served.say.future("hello")
    assert held.entered.wait(TIMEOUT_S)
    call.cancel()
    service.behavior = lambda _request, _context: None
    held.leave.set()

    assert served.say("hello", timeout=TIMEOUT_S) == "HELLO"


def test_many_at_a_time(service, served):
    with ThreadPoolExecutor(16) as clients:
        texts = [f"a{number}" for number in range(500)]
        answers = list(clients.map(lambda text: served.say(text, timeout=TIMEOUT_S), texts))

    assert answers == [text.upper() for text in texts]
    assert 0 < service.threads[INLINE] < len(texts)


def test_a_stop_lets_calls_finish_and_ends_the_thread(service, served):
    service.behavior = held = Held()
    running = served.say.future("hello", timeout=TIMEOUT_S)
    assert held.entered.wait(TIMEOUT_S)
    (thread,) = inline_threads()
    heard = threading.Event()
    served.channel.subscribe(
        lambda state: None if state is grpc.ChannelConnectivity.READY else heard.set()
    )
    stopped = served.server.stop(TIMEOUT_S)
    # A call that is sent before ends in another way.
    assert heard.wait(TIMEOUT_S)
    code, _ = refusal(lambda: served.say("late", timeout=TIMEOUT_S))
    held.leave.set()

    assert code is grpc.StatusCode.UNAVAILABLE
    assert running.result(TIMEOUT_S) == "HELLO"
    assert stopped.wait(TIMEOUT_S)
    thread.join(TIMEOUT_S)
    assert not thread.is_alive()


@pytest.mark.conformance("better.drain")
def test_a_stop_lets_calls_finish_that_nobody_has_looked_at_yet(service, served):
    warm(served)
    service.behavior = held = Held()
    calls = [served.say.future("hello", timeout=TIMEOUT_S) for _ in range(200)]
    assert held.entered.wait(TIMEOUT_S)
    # What was sent before it on the same connection has arrived when this is answered.
    served.channel.unary_unary(OTHER_PATH)(b"", timeout=TIMEOUT_S)
    served.inline.take_in_all()
    stopped = served.server.stop(TIMEOUT_S)
    held.leave.set()

    assert {call.result(TIMEOUT_S) for call in calls} == {"HELLO"}
    assert stopped.wait(TIMEOUT_S)


def test_a_stop_cuts_off_what_outlasts_the_grace(service, served):
    service.behavior = held = Held()
    running = served.say.future("hello", timeout=TIMEOUT_S)
    assert held.entered.wait(TIMEOUT_S)
    (thread,) = inline_threads()

    assert served.server.stop(0).wait(TIMEOUT_S)
    assert refusal(running.result)[0] in {grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE}
    held.leave.set()
    thread.join(TIMEOUT_S)
    assert not thread.is_alive()


def test_grpcio_keeps_the_method_where_its_inner_layer_is_another(service, monkeypatch):
    from grpc._cython import cygrpc

    method = method_of(service)
    server = grpc.server(POOL)
    monkeypatch.delattr(cygrpc, "CompletionQueue")

    assert take_over(server, method, POOL) is None
    assert take_over(object(), method, POOL) is None


def test_what_grpcio_keeps_is_answered_too(service, serve, monkeypatch):
    monkeypatch.setattr(f"{__name__}.take_over", lambda *_: None)
    warm(serve())

    assert not service.threads[INLINE]
