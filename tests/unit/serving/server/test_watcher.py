import pytest

from serving.errors import NotFoundError, ServingError
from serving.server.model_versions import ModelVersions
from serving.server.transitions import RetryPolicy, State
from serving.server.watcher import Watcher


class FakeServable:
    def __init__(self, path):
        if (path / "broken").exists():
            raise ValueError("the model is broken")
        self.name = path.name
        self.closed = False

    def close(self):
        self.closed = True


class World:
    def __init__(self, base, retries=0):
        self.base = base
        self.versions = ModelVersions("m")
        policy = RetryPolicy(retries, interval_s=0)
        self.watcher = Watcher(self.versions, base, FakeServable, policy, poll_wait_s=1)

    def add(self, name, broken=False):
        (self.base / name).mkdir(parents=True)
        if broken:
            (self.base / name / "broken").touch()

    def tick(self):
        self.watcher.poll()
        self.watcher.settle()

    def states(self):
        return {v: s.state for v, s in self.versions.statuses().items()}

    def answering(self):
        with self.versions.lease() as lease:
            return lease.version


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "models")


def test_a_missing_or_empty_base_path_is_waited_for(world):
    world.tick()
    world.base.mkdir()
    world.tick()
    assert not world.watcher.first_load.done()
    world.add("1")
    world.tick()
    assert world.watcher.first_load.result(0) is None


def test_the_newest_version_takes_over(world):
    world.add("1")
    world.tick()
    world.add("2")
    world.tick()
    assert world.answering() == 2
    assert world.states() == {2: State.AVAILABLE, 1: State.END}


def test_a_broken_version_leaves_the_old_one_in_place_with_its_error_told(world):
    world.add("1")
    world.tick()
    world.add("2", broken=True)
    world.tick()
    world.tick()
    assert world.answering() == 1
    status = world.versions.statuses()[2]
    assert status.state is State.END
    assert "the model is broken" in status.error.message
    world.add("3")
    world.tick()
    assert world.answering() == 3
    assert world.states()[1] is State.END


def test_a_failed_load_is_repeated_and_may_succeed(tmp_path):
    world = World(tmp_path / "models", retries=2)
    world.add("1", broken=True)
    world.tick()
    assert world.states() == {1: State.LOADING}
    assert not world.watcher.first_load.done()
    (world.base / "1" / "broken").unlink()
    world.tick()
    assert world.answering() == 1


def test_the_first_load_fails_when_its_version_does(world):
    world.add("1")
    world.add("2", broken=True)
    world.tick()
    with pytest.raises(
        ServingError, match=r"1 servable\(s\) did not become available: \{\{name: m"
    ):
        world.watcher.first_load.result(0)


def test_a_base_path_that_vanishes_changes_nothing(world):
    world.add("1")
    world.tick()
    world.base.rename(world.base.with_name("elsewhere"))
    world.tick()
    assert world.answering() == 1


def test_a_version_that_is_deleted_is_unloaded(world):
    world.add("1")
    world.tick()
    (world.base / "1").rmdir()
    world.tick()
    with pytest.raises(NotFoundError):
        world.answering()
    assert world.states() == {1: State.END}


def test_the_thread_loads_and_stops(world):
    world.add("1")
    world.watcher.start()
    world.watcher.first_load.result(10)
    assert world.answering() == 1
    assert world.watcher.stop(10)
