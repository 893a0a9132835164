import threading

import pytest

from serving.errors import NotFoundError
from serving.server.model_versions import ModelVersions
from serving.server.transitions import State, VersionStatus


class FakeServable:
    def __init__(self):
        self.closed = 0

    def close(self):
        self.closed += 1


def await_closing():
    """Waits for the threads in which versions are closed after their last request."""
    for thread in threading.enumerate():
        if thread.name == "close-m":
            thread.join()


@pytest.fixture
def versions():
    return ModelVersions("m")


def state_of(versions, number):
    return versions.statuses()[number].state


@pytest.mark.conformance("life.newest")
def test_the_greatest_available_version_answers(versions):
    old, new = FakeServable(), FakeServable()
    versions.publish(2, new)
    versions.publish(1, old)
    with versions.lease() as lease:
        assert (lease.version, lease.servable) == (2, new)
    with versions.lease(1) as lease:
        assert lease.servable is old


@pytest.mark.parametrize(
    ("wanted", "text"), [(None, r"Latest\(m\)"), (3, r"Specific\(m, 3\)"), (2, r"Specific\(m, 2\)")]
)
def test_what_is_not_available_is_not_found(versions, wanted, text):
    versions.record(VersionStatus(2, State.LOADING))
    with pytest.raises(NotFoundError, match=f"Servable not found for request: {text}"):
        versions.lease(wanted)


@pytest.mark.conformance("life.states")
def test_a_version_in_use_is_closed_after_its_last_request(versions):
    servable = FakeServable()
    versions.publish(1, servable)
    with versions.lease(), versions.lease():
        versions.retire(1)
        assert state_of(versions, 1) is State.UNLOADING
        with pytest.raises(NotFoundError):
            versions.lease()
        assert servable.closed == 0
    await_closing()
    assert servable.closed == 1
    assert state_of(versions, 1) is State.END


def test_an_idle_version_is_closed_at_once(versions):
    servable = FakeServable()
    versions.publish(1, servable)
    with versions.lease():
        pass
    versions.retire(1)
    assert servable.closed == 1
    assert state_of(versions, 1) is State.END


def test_a_failing_request_gives_its_lease_back(versions):
    servable = FakeServable()
    versions.publish(1, servable)
    lease = versions.lease()
    versions.retire(1)
    with pytest.raises(ZeroDivisionError), lease:
        raise ZeroDivisionError
    await_closing()
    assert servable.closed == 1


def test_a_number_loaded_again_is_another_servable(versions):
    first, second = FakeServable(), FakeServable()
    versions.publish(1, first)
    with versions.lease():
        versions.retire(1)
        versions.publish(1, second)
    await_closing()
    assert (first.closed, second.closed) == (1, 0)
    assert state_of(versions, 1) is State.AVAILABLE


def test_statuses_are_listed_newest_first(versions):
    for number in (2, 10, 1):
        versions.publish(number, FakeServable())
    assert list(versions.statuses()) == [10, 2, 1]
