import math

import pytest

from serving.server.deadlines import NO_LIMIT_MS, limit_ms


@pytest.mark.parametrize(
    ("timeout_s", "limit"),
    [(None, 0), (0, 16), (0.016, 16), (0.017, 64), (1, 1024), (30, 65536), (1e9, 0), (math.inf, 0)],
)
def test_a_limit_is_rounded_up_to_one_of_a_few(timeout_s, limit):
    assert limit_ms(timeout_s) == limit


def test_a_limit_is_never_shorter_than_what_is_left():
    for milliseconds in range(1, 300_000, 777):
        limit = limit_ms(milliseconds / 1000)
        assert limit == NO_LIMIT_MS or limit >= milliseconds
