import math

import pytest

from serving.errors import DeadlineExceededError
from serving.server.deadlines import NO_LIMIT_MS, Limits, check_in_time


@pytest.mark.parametrize(
    ("timeout_s", "limit"),
    [(None, 0), (0, 16), (0.016, 16), (0.017, 64), (1, 1024), (30, 65536), (1e9, 0), (math.inf, 0)],
)
def test_a_limit_is_rounded_up_to_one_of_a_few(timeout_s, limit):
    assert Limits().limit_ms(timeout_s) == limit


@pytest.mark.parametrize(
    ("timeout_s", "limit"), [(1, 1024), (29.9, 30_000), (30, 30_000), (30.1, 65536)]
)
def test_what_most_requests_have_is_kept_to_the_millisecond(timeout_s, limit):
    assert Limits(30_000).limit_ms(timeout_s) == limit


@pytest.mark.parametrize("usual_ms", [0, 30_000])
def test_a_limit_is_never_shorter_than_what_is_left(usual_ms):
    limits = Limits(usual_ms)
    for milliseconds in range(1, 300_000, 777):
        limit = limits.limit_ms(milliseconds / 1000)
        assert limit == NO_LIMIT_MS or limit >= milliseconds


def test_an_answer_that_took_too_long_is_refused():
    check_in_time(5, None)
    check_in_time(5, 5)
    with pytest.raises(DeadlineExceededError, match="before the model was done"):
        check_in_time(5.001, 5)
