import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.errors import DeadlineExceededError
from serving.server.pool import Pool

PATIENCE_S = 10


@pytest.mark.conformance("tflite.pool")
def test_whoever_comes_late_waits_until_something_is_free():
    pool = Pool(["only"])
    taken, leave = threading.Event(), threading.Event()
    used = []

    def use(note):
        with pool.take(PATIENCE_S) as item:
            used.append((note, item))
            if note == "first":
                taken.set()
                assert leave.wait(PATIENCE_S)
            used.append((note, "done"))

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(use, "first")
        assert taken.wait(PATIENCE_S)
        second = threads.submit(use, "second")
        leave.set()
        first.result(PATIENCE_S)
        second.result(PATIENCE_S)
    assert used == [("first", "only"), ("first", "done"), ("second", "only"), ("second", "done")]


def test_what_was_used_last_is_used_next_also_after_a_failure():
    pool = Pool(["a", "b"])
    with pool.take(PATIENCE_S) as first, pool.take(PATIENCE_S) as second:
        assert {first, second} == {"a", "b"}
    with pytest.raises(ZeroDivisionError), pool.take(PATIENCE_S) as item:
        raise ZeroDivisionError
    with pool.take(PATIENCE_S) as again:
        assert again == item == first


@pytest.mark.parametrize("timeout_s", [0.001, 0, -1])
def test_a_request_whose_time_is_over_is_told_so(timeout_s):
    pool = Pool(["only"])
    with (
        pool.take(),
        pytest.raises(DeadlineExceededError, match="time was over"),
        pool.take(timeout_s),
    ):
        pass
    with pool.take(PATIENCE_S) as item:
        assert item == "only"


def test_no_time_is_too_little_also_when_something_is_free():
    with pytest.raises(DeadlineExceededError), Pool(["free"]).take(0):
        pass


def test_a_cleared_pool_holds_nothing():
    pool = Pool(["a", "b"])
    pool.clear()
    with pytest.raises(DeadlineExceededError), pool.take(0.001):
        pass
