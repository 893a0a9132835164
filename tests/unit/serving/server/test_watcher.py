import threading
from concurrent.futures import CancelledError

import pytest

from serving.errors import NotFoundError
from serving.server.model_versions import ModelVersions
from serving.server.transitions import RetryPolicy, State
from serving.server.versions import All, Latest, Specific
from serving.server.watcher import LoadRules, Source, Watcher


class FakeServable:
    def __init__(self, path):
        if (path / "broken").exists():
            raise ValueError("the model is broken")
        self.name = path.name
        self.closed = False

    def close(self):
        self.closed = True


class World:
    def __init__(self, base, retries=0, policy=Latest(), poll_wait_s=1, **rules):  # noqa: B008
        self.base = base
        self.versions = ModelVersions("m")
        self.loads = []
        rules = LoadRules(RetryPolicy(retries, interval_s=0), **rules)
        source = Source(base, policy)
        self.watcher = Watcher(self.versions, source, self._load, rules, poll_wait_s)

    def _load(self, path):
        self.loads.append((path.name, sorted(self.versions.available())))
        return FakeServable(path)

    def add(self, name, broken=False):
        (self.base / name).mkdir(parents=True)
        if broken:
            (self.base / name / "broken").touch()

    def tick(self):
        self.watcher.poll()
        self.watcher.settle()

    def ends(self):
        self.watcher.retire()
        self.watcher._thread.join(10)
        return not self.watcher._thread.is_alive()

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
    assert world.watcher.first_load.result(0) == []


def test_the_newest_version_takes_over(world):
    world.add("1")
    world.tick()
    world.add("2")
    world.tick()
    assert world.answering() == 2
    assert world.states() == {2: State.AVAILABLE, 1: State.END}


@pytest.mark.conformance("life.states")
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


@pytest.mark.conformance("cli.max_num_load_retries")
def test_a_failed_load_is_repeated_and_may_succeed(tmp_path):
    world = World(tmp_path / "models", retries=2)
    world.add("1", broken=True)
    world.tick()
    assert world.states() == {1: State.LOADING}
    assert not world.watcher.first_load.done()
    (world.base / "1" / "broken").unlink()
    world.tick()
    assert world.answering() == 1


def test_the_first_load_fails_when_every_version_does(world):
    world.add("1")
    world.add("2", broken=True)
    world.tick()
    (failed,) = world.watcher.first_load.result(0)
    assert failed.version == 2
    assert "the model is broken" in failed.error.message


def test_of_several_versions_one_is_enough_for_the_first_load(tmp_path):
    world = World(tmp_path / "models", retries=5, policy=All())
    world.add("1")
    world.add("2", broken=True)
    world.tick()
    assert world.watcher.first_load.result(0) == []
    assert world.answering() == 1


@pytest.mark.conformance("life.availability")
def test_a_new_version_is_loaded_before_the_old_one_goes(world):
    for name in ("1", "2"):
        world.add(name)
        world.tick()
    assert world.loads == [("1", []), ("2", [1])]


def test_resources_are_preserved_by_unloading_first(tmp_path):
    world = World(tmp_path / "models", preserve_resources=True)
    for name in ("1", "2"):
        world.add(name)
        world.tick()
    assert world.loads == [("1", []), ("2", [])]
    assert world.answering() == 2


def test_a_new_version_waits_for_the_old_ones_last_request(tmp_path):
    world = World(tmp_path / "models", preserve_resources=True)
    world.add("1")
    world.tick()
    world.add("2")
    with world.versions.lease():
        world.tick()
        assert world.states() == {1: State.UNLOADING}
    world.tick()
    assert world.answering() == 2


@pytest.mark.conformance("better.retry")
def test_a_failed_version_that_went_and_came_back_is_tried_again(world):
    world.add("1")
    world.add("2", broken=True)
    world.tick()
    (world.base / "2").rename(world.base / "aside")
    world.tick()
    assert world.states()[2] is State.END
    (world.base / "aside" / "broken").unlink()
    (world.base / "aside").rename(world.base / "2")
    world.tick()
    assert world.answering() == 2


@pytest.mark.conformance("better.retry")
def test_a_version_that_disappears_while_it_is_loaded_holds_up_nothing(world):
    world.add("1")
    world.tick()
    world.add("2", broken=True)
    world.watcher.poll()
    (world.base / "2").rename(world.base / "aside")
    world.watcher._load = lambda path: next(path.iterdir())
    world.watcher.settle()
    assert world.versions.statuses()[2].error is not None
    world.watcher._load = FakeServable
    world.add("3")
    world.tick()
    assert world.answering() == 3
    assert world.states() == {3: State.AVAILABLE, 2: State.END, 1: State.END}


@pytest.mark.conformance("config.reload_drop")
def test_a_retired_model_is_unloaded_and_its_thread_ends(world):
    world.add("1")
    world.watcher.start()
    world.watcher.first_load.result(10)
    world.watcher.retire()
    world.watcher._thread.join(10)
    assert world.states() == {1: State.END}


def test_who_waits_for_a_model_that_is_dropped_is_told(world):
    world.watcher.start()
    world.watcher.retire()
    with pytest.raises(CancelledError):
        world.watcher.first_load.result(10)


@pytest.mark.conformance("cli.file_system_poll_wait_seconds")
def test_zero_looks_once_and_again_only_when_the_source_changes(tmp_path):
    world = World(tmp_path / "models", poll_wait_s=0)
    world.add("1")
    world.watcher.start()
    world.watcher.first_load.result(10)
    assert world.watcher._pause() is None
    world.add("2")
    loaded = threading.Event()
    record = world.versions.publish
    world.versions.publish = lambda *its: (record(*its), loaded.set())
    world.watcher.change(Source(world.base, All()))
    assert loaded.wait(10)
    assert world.ends()
    assert set(world.states()) == {1, 2}


@pytest.mark.conformance("cli.file_system_poll_wait_seconds")
def test_a_negative_number_never_looks(tmp_path):
    world = World(tmp_path / "models", poll_wait_s=-1)
    world.add("1")
    pauses, wait = threading.Event(), world.watcher._wake.wait
    world.watcher._wake.wait = lambda pause: (pauses.set(), wait(pause))
    world.watcher.start()
    assert pauses.wait(10)
    assert world.states() == {}
    assert world.ends()


@pytest.mark.conformance("life.missing")
def test_a_base_path_that_vanishes_changes_nothing(world):
    world.add("1")
    world.tick()
    world.base.rename(world.base.with_name("elsewhere"))
    world.tick()
    assert world.answering() == 1


@pytest.mark.conformance("life.empty")
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
    assert world.ends()


@pytest.mark.conformance("config.remarks")
def test_what_is_odd_about_the_folders_is_said_once(tmp_path, caplog):
    world = World(tmp_path, policy=Specific(frozenset({1, 2})))
    world.add("1")
    missing = "m: version 2, which the version policy names, is not there"
    for _ in range(3):
        world.tick()
        assert [record.message for record in caplog.records].count(missing) == 1
    world.add("2")
    world.tick()
    (world.base / "2").rmdir()
    world.tick()
    assert [record.message for record in caplog.records].count(missing) == 2
