import pytest

from serving.server.steps import finish, in_one_step, take_together


def work(name, done, steps=2, fails=False):
    for number in range(steps):
        done.append(f"{name}{number}")
        yield
    if fails:
        raise ZeroDivisionError(name)
    return name


def test_steps_can_be_taken_at_once():
    done = []

    assert finish(work("a", done)) == "a"
    assert done == ["a0", "a1"]
    with pytest.raises(ZeroDivisionError):
        finish(work("a", done, fails=True))


def test_a_function_is_one_step():
    assert finish(in_one_step(divmod)(7, 2)) == (3, 1)


def test_the_same_step_is_taken_for_all_before_the_next_one(caplog):
    done = []
    take_together([work("a", done), work("b", done, steps=1), work("c", done)])

    assert done == ["a0", "b0", "c0", "a1", "c1"]
    assert not caplog.records


def test_a_failure_ends_nothing_else(caplog):
    done = []
    take_together([work("a", done, steps=1, fails=True), work("b", done, steps=3)])

    assert done == ["a0", "b0", "b1", "b2"]
    assert "ZeroDivisionError: a" in caplog.text
