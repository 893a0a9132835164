import pytest

from components.tuner.time_budget import TimeBudget


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_is_used_up_when_the_seconds_are_over():
    clock = Clock()
    budget = TimeBudget(10, clock)
    budget.start()
    clock.now += 9.9
    assert not budget.used_up()
    clock.now += 0.1
    assert budget.used_up()


def test_counts_from_start_and_not_before():
    clock = Clock()
    budget = TimeBudget(10, clock)
    clock.now += 1000
    assert not budget.used_up()
    budget.start()
    assert not budget.used_up()


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_budget_is_positive(seconds):
    with pytest.raises(ValueError, match=r"tuner\.time_budget_seconds"):
        TimeBudget(seconds)
