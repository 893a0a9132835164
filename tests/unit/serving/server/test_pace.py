import pytest
from stopped_watch import StoppedWatch

from serving.server.pace import Pace, Paces, Stopwatch
from serving.server.steps import finish


def quick_pace(size=100, **options):
    pace = Pace(**options)
    for _ in range(20):
        pace.note(size, waited=0.01, worked=0.0001)
    return pace


def test_a_signature_is_quick_after_twenty_short_runs_and_until_a_long_one():
    pace = Pace()
    for _ in range(19):
        pace.note(1, waited=0.01, worked=0.0001)
    assert not pace.is_quick(1)
    pace.note(1, waited=0.01, worked=0.0001)
    assert pace.is_quick(1)
    pace.note(1, waited=0.01, worked=0.0001)
    pace.note(1, waited=0.5)
    assert not pace.is_quick(1)
    for _ in range(20):
        pace.note(1, waited=0.01, worked=0.0001)
    assert pace.is_quick(1)


def test_a_signature_that_is_sometimes_long_is_not_quick():
    pace = Pace()
    for number in range(100):
        pace.note(1, waited=0.01, worked=0.0001 if number % 10 else 0.006)
        assert not pace.is_quick(1)


@pytest.mark.conformance("grpc.deadline")
def test_larger_inputs_than_those_that_were_quick_may_take_long():
    pace = quick_pace(size=100)
    assert pace.is_quick(100)
    assert not pace.is_quick(101)
    pace.note(200, waited=0.01, worked=0.0001)
    assert pace.is_quick(200)


def test_a_size_that_took_long_has_to_show_anew_that_it_is_quick():
    pace = quick_pace(size=100)
    pace.note(100, waited=0.5)
    for _ in range(20):
        pace.note(10, waited=0.01, worked=0.0001)
    assert pace.is_quick(10)
    assert not pace.is_quick(100)


@pytest.mark.conformance("grpc.deadline")
def test_a_signature_with_a_loop_is_never_quick():
    assert not quick_pace(bounded=False).is_quick(1)


def test_a_run_that_was_long_because_the_machine_was_busy_proves_nothing():
    pace = Pace()
    for _ in range(20):
        pace.note(1, waited=0.0001)
        pace.note(1, waited=0.04)
        pace.note(1, waited=0.01, worked=0.004)
    assert pace.is_quick(1)
    pace.note(1, waited=0.2)
    assert not pace.is_quick(1)


def test_a_run_that_other_threads_work_on_is_long():
    pace = quick_pace()
    pace.note(1, waited=0.06, worked=0.0001)
    assert not pace.is_quick(1)


def test_what_is_short_can_be_said():
    pace = quick_pace(short_s=0.0001)
    assert not pace.is_quick(1)
    for _ in range(20):
        pace.note(1, waited=0.01, worked=0.00009)
    assert pace.is_quick(1)


def test_what_was_worked_is_asked_for_after_a_long_wait_alone():
    pace = quick_pace(short_s=0.001)
    assert pace.watch().worked() is not None
    pace.note(1, waited=0.0009)
    assert pace.watch().worked() is None
    # It may have waited for a processor, or worked: the next one will tell.
    pace.note(1, waited=0.006)
    assert pace.is_quick(1)
    assert pace.watch().worked() is not None
    pace.note(1, waited=0.006, worked=0.006)
    assert not pace.is_quick(1)


@pytest.mark.parametrize("with_work", [True, False])
def test_a_watch_stands_still_between_steps(monkeypatch, with_work):
    now = {"wall": 0.0, "processor": 0.0}
    monkeypatch.setattr("time.perf_counter", lambda: now["wall"])
    monkeypatch.setattr("time.thread_time", lambda: now["processor"])

    def steps():
        for _ in range(3):
            now["wall"] += 2
            now["processor"] += 1
            yield
        return "done"

    watch = Stopwatch(with_work=with_work)
    around = watch.around(steps())
    for _ in range(3):
        next(around)
        now["wall"] += 100
        now["processor"] += 100

    assert finish(around) == "done"
    assert watch.waited() == 6
    assert watch.worked() == (3 if with_work else None)


def known(paces, key, size=100):
    for _ in range(20):
        paces.note(key, size, StoppedWatch())


def test_requests_of_each_kind_are_known_by_themselves():
    paces = Paces()
    known(paces, "a")

    assert paces.is_short("a", 100)
    assert not paces.is_short("a", 101)
    assert not paces.is_short("b", 1)
    paces.forget("a")
    paces.forget("b")
    assert not paces.is_short("a", 100)


def test_a_large_request_is_never_short():
    paces = Paces()
    known(paces, "a", 2**16 + 1)

    assert paces.is_short("a", 2**16)
    assert not paces.is_short("a", 2**16 + 1)


def test_any_number_of_kinds_takes_so_much_memory_and_no_more():
    paces = Paces()
    known(paces, "first")
    for number in range(1000):
        paces.note(number, 1, StoppedWatch())

    assert not paces.is_short("first", 1)
