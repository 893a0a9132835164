import pytest

from serving.errors import Code, ServingError
from serving.server.transitions import Plan, RetryPolicy, State, VersionStatus, plan

ERROR = ServingError.of(Code.UNKNOWN, "broken")
NOW = 100.0


def statuses(*entries):
    return {entry.version: entry for entry in entries}


def available(version):
    return VersionStatus(version, State.AVAILABLE)


def test_a_new_version_is_loaded():
    assert plan({1}, {}, NOW) == Plan(load=(1,))


def test_nothing_is_due_when_what_is_wanted_is_there():
    assert plan({1}, statuses(available(1)), NOW) == Plan()


def test_the_old_version_stays_until_the_new_one_answers():
    assert plan({2}, statuses(available(1)), NOW) == Plan(load=(2,))
    loading = VersionStatus(2, State.LOADING)
    assert plan({2}, statuses(available(1), loading), NOW) == Plan()
    assert plan({2}, statuses(available(1), available(2)), NOW) == Plan(unload=(1,))


def test_a_version_that_failed_for_good_never_takes_the_old_one_down():
    failed = VersionStatus(2, State.END, ERROR, failures=6)
    assert plan({2}, statuses(available(1), failed), NOW) == Plan()
    assert failed.gave_up


def test_a_failed_load_is_tried_again_when_it_is_due():
    waiting = VersionStatus(2, State.LOADING, ERROR, failures=1, retry_at=NOW + 1)
    assert plan({2}, statuses(available(1), waiting), NOW) == Plan()
    assert plan({2}, statuses(available(1), waiting), NOW + 1) == Plan(load=(2,))


def test_a_newer_version_ends_the_waiting_for_a_failed_one():
    waiting = VersionStatus(2, State.LOADING, ERROR, failures=1, retry_at=NOW + 1)
    assert plan({3}, statuses(waiting), NOW + 5) == Plan(load=(3,), abandon=(2,))
    abandoned = VersionStatus(2, State.END, ERROR, failures=1, abandoned=True)
    assert plan({3}, statuses(abandoned), NOW + 5) == Plan(load=(3,))
    assert plan({2}, statuses(abandoned), NOW + 5) == Plan(load=(2,))


@pytest.mark.conformance("better.resources")
def test_to_preserve_resources_the_old_version_goes_first():
    assert plan({2}, statuses(available(1)), NOW, preserve_resources=True) == Plan(unload=(1,))
    leaving = VersionStatus(1, State.UNLOADING)
    assert plan({2}, statuses(leaving), NOW, preserve_resources=True) == Plan()
    gone = VersionStatus(1, State.END)
    assert plan({2}, statuses(gone), NOW, preserve_resources=True) == Plan(load=(2,))


def test_a_version_that_comes_back_is_loaded_again():
    assert plan({1}, statuses(VersionStatus(1, State.END)), NOW) == Plan(load=(1,))


def test_a_version_on_its_way_out_is_left_alone():
    assert plan({1}, statuses(VersionStatus(1, State.UNLOADING)), NOW) == Plan()


def test_everything_goes_when_no_version_is_wanted():
    assert plan(set(), statuses(available(1), available(2)), NOW) == Plan(unload=(1, 2))


def test_several_versions_are_loaded_newest_first():
    assert plan({1, 3, 2}, {}, NOW) == Plan(load=(3, 2, 1))


@pytest.mark.conformance("cli.max_num_load_retries")
def test_retries_are_counted_and_end():
    policy = RetryPolicy(max_retries=1, interval_s=60)
    first = policy.after_failure(7, ERROR, failures=1, now=NOW)
    assert (first.state, first.retry_at, first.gave_up) == (State.LOADING, NOW + 60, False)
    second = policy.after_failure(7, ERROR, failures=2, now=NOW)
    assert (second.state, second.retry_at, second.gave_up) == (State.END, None, True)
    assert second.error is ERROR


@pytest.mark.conformance("cli.max_num_load_retries")
def test_a_negative_interval_means_no_wait():
    status = RetryPolicy(max_retries=1, interval_s=-1).after_failure(7, ERROR, 1, NOW)
    assert status.retry_at == NOW
