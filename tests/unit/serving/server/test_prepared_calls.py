import threading
from concurrent.futures import ThreadPoolExecutor

from serving.server.prepared_calls import PreparedCalls


def test_a_call_is_prepared_once_however_many_ask_for_it_at_once():
    prepared = []
    together, arrived = threading.Barrier(4), threading.Event()

    def prepare(key):
        prepared.append(key)
        # Long enough for the others to find that it is not there yet.
        arrived.wait(60)
        return key.upper()

    calls = PreparedCalls(prepare, most=9)

    def ask(number):
        together.wait(60)
        if number == 3:
            arrived.set()
        return calls.get("a")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == ["A"] * 4
    assert prepared == ["a"]


def test_nobody_has_to_wait_for_a_call_that_is_not_needed():
    preparing, release = threading.Event(), threading.Event()

    def prepare(key):
        preparing.set()
        assert release.wait(60)
        return key

    calls = PreparedCalls(prepare, most=9)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(calls.get_unless_busy, "a")
        assert preparing.wait(60)
        assert calls.get_unless_busy("a") is None
        release.set()
        assert first.result(60) == "a"
    assert calls.get_unless_busy("a") == "a"
    assert calls.get_unless_busy("a", prepare=False) == "a"
    assert calls.get_unless_busy("b", prepare=False) is None


def test_the_oldest_goes_when_there_are_too_many():
    prepared = []
    calls = PreparedCalls(lambda key: prepared.append(key) or key, most=2)
    for key in ("a", "b", "c", "b", "a"):
        assert calls.get(key) == key
    assert prepared == ["a", "b", "c", "a"]


def test_a_call_that_cannot_be_prepared_is_tried_again():
    answers = [ValueError("no"), "yes"]

    def prepare(_):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    calls = PreparedCalls(prepare, most=2)
    try:
        calls.get_unless_busy("a")
    except ValueError:
        assert calls.get("a") == "yes"
