import pytest

from serving.client.retries import NEVER, Retries
from serving.errors import Code, ServingError, UnavailableError

DOWN = UnavailableError("down")


def test_waits_double_up_to_a_bound_and_are_drawn():
    retries = Retries(count=9, first_s=0.1, most_s=0.5)
    waits = [retries.wait_s(DOWN, failures, 60, 1) for failures in (1, 2, 3, 4, 9)]
    assert waits == [0.1, 0.2, 0.4, 0.5, 0.5]
    assert retries.wait_s(DOWN, 2, 60, 0.25) == 0.05


def test_after_so_many_tries_it_is_enough():
    assert Retries(count=1).wait_s(DOWN, 1, 60, 0) == 0
    assert Retries(count=1).wait_s(DOWN, 2, 60, 0) is None
    assert NEVER.wait_s(DOWN, 1, 60, 0) is None


def test_no_wait_is_longer_than_the_call_has_time():
    assert Retries(first_s=1).wait_s(DOWN, 1, 0.9, 1) is None
    assert Retries(first_s=1).wait_s(DOWN, 1, 0.9, 0.8) == 0.8


def test_those_who_repeat_without_end_are_served():
    assert Retries(count=10**6).wait_s(DOWN, 10**5, 60, 1) == 2


@pytest.mark.parametrize("code", [code for code in Code if code is not Code.UNAVAILABLE])
def test_only_what_nobody_answered_is_safe_to_repeat(code):
    assert Retries().wait_s(ServingError.of(code, "no"), 1, 60, 0) is None
