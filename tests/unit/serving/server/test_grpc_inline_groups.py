"""In which order calls are answered that are there at the same time: gRPC's events are scripted."""

from collections import deque
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from stopped_watch import StoppedWatch

from serving.server.grpc_inline import InlineCalls, InlineMethod

STEPS = ("read", "run", "send")
ENOUGH = 20  # answers, and the next one is known to be short
TOGETHER = 16
RECEIVE = "receive"
SILENT = "silent"
GRPC = SimpleNamespace(
    CompletionType=SimpleNamespace(queue_shutdown="shutdown", queue_timeout="timeout", done="done"),
    ReceiveMessageOperation=lambda _flags: RECEIVE,
    SendInitialMetadataOperation=lambda *_: "metadata",
    SendMessageOperation=lambda message, _flags: message,
    SendStatusFromServerOperation=lambda *_: "status",
    ReceiveCloseOnServerOperation=lambda _flags: "close",
)


@dataclass
class Event:
    tag: Any
    call: Any = None
    message: bytes = b""
    completion_type: str = "done"
    success: bool = True

    @property
    def batch_operations(self):
        return [SimpleNamespace(message=lambda: self.message)]


class Script:
    """A completion queue, a server and a pool in one; all calls are there from the start."""

    def __init__(self, calls):
        self.calls = deque(calls)
        self.events = deque()
        self.done = []

    def poll(self, deadline=None):
        if self.events:
            return self.events.popleft()
        return Event(None, completion_type="shutdown" if deadline is None else "timeout")

    def request_registered_call(self, _queue, _same, _path, tag):
        if self.calls:
            self.done.append("call")
            self.events.append(Event(tag, call=Call(self, self.calls.popleft())))

    def submit(self, function, *arguments):
        self.done.append("pool")
        function(*arguments)

    def answer(self, request, _context):
        self.done.append(f"read {request}")
        yield
        self.done.append(f"run {request}")
        if request == "bad":
            raise ZeroDivisionError
        yield
        return request


class Call:
    def __init__(self, script, text):
        self.script = script
        self.text = text

    def start_server_batch(self, operations, tag):
        if operations == (RECEIVE,) and self.text == SILENT:
            return
        if operations == (RECEIVE,):
            self.script.events.append(Event(tag, message=self.text.encode()))
        else:
            self.script.done.append(f"send {self.text}")
            self.script.events.append(Event(tag))


@pytest.fixture
def done(monkeypatch):
    """Calls, after as many as make the next ones short -> what is done, one after the other."""
    monkeypatch.setattr("serving.server.pace.Stopwatch", StoppedWatch)

    def answer(calls, before=ENOUGH):
        script = Script([*["before"] * before, *calls])
        method = InlineMethod("/m", script.answer, bytes.decode, str.encode, lambda _: "any")
        inline = InlineCalls(GRPC, script, script, method, script)
        inline._await_call()
        inline._serve()
        return [step for step in script.done if "before" not in step and step != "pool"]

    return answer


@pytest.fixture
def answered(done):
    """Calls, after some others -> the steps that are taken for them."""
    return lambda *calls, **before: [step for step in done(*calls, **before) if step != "call"]


def together(calls):
    return [f"{step} {call}" for step in STEPS for call in calls]


def test_each_step_is_taken_for_all_calls_that_are_there(answered):
    # The calls before are answered sixteen at a time: the last four leave room in their group.
    assert answered("abcd") == together("abcd")


def test_only_so_many_calls_wait_for_each_other(answered):
    before = 3 * TOGETHER
    calls = [str(number) for number in range(2 * TOGETHER + 1)]
    groups = [calls[:TOGETHER], calls[TOGETHER : 2 * TOGETHER], calls[2 * TOGETHER :]]

    assert answered(calls, before) == [step for group in groups for step in together(group)]


def test_one_that_fails_harms_no_other(answered, caplog):
    steps = answered(["a", "bad", "c"], 3 * TOGETHER)
    assert steps[-3:] == ["send bad", "send a", "send c"]
    assert "ZeroDivisionError" in caplog.text


def test_what_is_not_known_to_be_short_goes_to_the_pool_one_by_one(answered):
    assert answered("ab", before=0) == [f"{step} {call}" for call in "ab" for step in STEPS]


def test_calls_without_a_message_keep_nobody_waiting(done):
    steps = done(["a", *[SILENT] * 1000], 3 * TOGETHER)

    assert steps.index("send a") < steps.count("call") / 2
