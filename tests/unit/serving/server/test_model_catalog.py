from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2
from waiting import wait_until

from serving.errors import (
    Code,
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    ServingError,
    UnavailableError,
)
from serving.server.log_config import RequestLogSettings
from serving.server.model_catalog import ModelCatalog
from serving.server.model_service import ModelService
from serving.server.transitions import State, VersionStatus
from serving.server.versions import All


class FakeServable:
    def close(self):
        pass


class FakeWatcher:
    """Loads version 1 at once, or as the test says."""

    def __init__(self, versions, source):
        self.versions = versions
        self.source = source
        self.retired = False
        self.first_load = Future()

    def start(self):
        name = self.source.base_path.name
        if name == "broken":
            error = ServingError.of(Code.NOT_FOUND, "no model")
            self.first_load.set_result([VersionStatus(1, State.END, error, 1)])
        elif name != "slow":
            self.versions.publish(1, FakeServable())
            self.first_load.set_result([])

    def change(self, source):
        self.source = source

    def retire(self):
        self.retired = True
        self.first_load.cancel()


class World:
    def __init__(self, **options):
        self.service = ModelService()
        self.watchers = {}
        self.logs = None
        self.catalog = ModelCatalog(
            self.service, self._watch, log_requests=self._log_requests, **options
        )

    def _log_requests(self, logs):
        self.logs = logs

    def _watch(self, versions, source):
        self.watchers[versions.name] = FakeWatcher(versions, source)
        return self.watchers[versions.name]

    def configure(self, *models, timeout_s=1):
        self.catalog.configure(config(*models), timeout_s)


def config(*models):
    text = "model_config_list {" + "".join(f"config {{ {m} }}" for m in models) + "}"
    return text_format.Parse(text, model_server_config_pb2.ModelServerConfig())


def model(name, path="/m", more=""):
    return f'name: "{name}" base_path: "{path}" model_platform: "tensorflow" {more}'


LABEL = 'version_labels { key: "stable" value: %d }'


@pytest.fixture
def world():
    return World()


@pytest.mark.conformance("config.reload_new")
def test_new_models_are_awaited_and_then_answer(world):
    world.configure(model("a"), model("b"))
    with world.service.lease("a") as lease:
        assert lease.version == 1
    assert set(world.watchers) == {"a", "b"}


@pytest.mark.conformance("config.reload_drop", "config.reload_existing")
def test_models_that_are_dropped_retire_and_known_ones_change_in_place(world):
    world.configure(model("a"), model("b"))
    kept, dropped = world.watchers["a"], world.watchers["b"]
    world.configure(model("a", "/slow", "model_version_policy { all {} }"))
    assert world.watchers["a"] is kept
    assert (kept.source.base_path.name, kept.source.policy) == ("slow", All())
    assert (kept.retired, dropped.retired) == (False, True)
    world.configure(model("a"), model("b"))
    assert world.watchers["b"] is not dropped


@pytest.mark.conformance("config.reload_failure")
def test_a_new_model_that_fails_is_told_with_its_cause(world):
    world.configure(model("a"))
    with pytest.raises(ServingError) as caught:
        world.configure(model("a"), model("b", "/broken"))
    assert caught.value.code is Code.UNKNOWN
    assert caught.value.message == (
        "1 model(s) did not become available: "
        "{{{name: b version: 1} due to error: NOT_FOUND: no model}, }"
    )


@pytest.mark.conformance("start.broken")
def test_at_the_start_they_are_called_servables(world):
    with pytest.raises(ServingError, match=r"1 servable\(s\) did not become available: \{\{\{na"):
        world.configure(model("b", "/broken"))


def test_the_wait_for_a_new_model_ends_with_the_callers_patience(world):
    with pytest.raises(DeadlineExceededError, match="Model a is still being loaded"):
        world.configure(model("a", "/slow"), timeout_s=0)


def test_a_model_that_is_still_to_come_holds_up_no_other_change(world):
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(world.configure, model("a", "/slow"), timeout_s=30)
        wait_until(lambda: "a" in world.watchers)
        world.catalog.configure(config(model("b")), wait=False)
        with pytest.raises(ServingError, match="Model a was dropped by another config") as caught:
            waiting.result(10)
        assert caught.value.code is Code.ABORTED
    assert "b" in world.watchers


@pytest.mark.conformance("config.label_resolution")
def test_labels_are_set_against_the_versions_that_answer_now(world):
    with pytest.raises(UnavailableError, match="Model labels does not init yet"):
        world.service.lease("a", label="stable")
    world.configure(model("a"))
    with pytest.raises(InvalidArgumentError, match="Unrecognized servable version label: stable"):
        world.service.lease("a", label="stable")
    world.configure(model("a", more=LABEL % 1))
    with world.service.lease("a", label="stable") as lease:
        assert lease.version == 1


@pytest.mark.conformance("config.label_order")
def test_a_label_that_cannot_be_set_leaves_the_models_as_they_are(world):
    world.configure(model("a", more=""))
    with pytest.raises(ServingError, match="Request to assign label to version 2"):
        world.configure(model("a", "/other", LABEL % 2), model("b"))
    assert set(world.watchers) == {"a"}
    assert world.watchers["a"].source.base_path.name == "m"


def test_the_first_config_may_set_labels_where_that_is_allowed():
    world = World(new_labels_early=True)
    world.configure(model("a", more=LABEL % 1))
    with world.service.lease("a", label="stable") as lease:
        assert lease.version == 1
    with pytest.raises(ServingError, match="Request to assign label to version 2"):
        world.configure(model("a", more=LABEL % 2))


@pytest.mark.conformance("config.empty")
def test_an_empty_config_changes_nothing(world):
    world.configure(model("a"))
    world.catalog.configure(model_server_config_pb2.ModelServerConfig())
    assert not world.watchers["a"].retired


@pytest.mark.conformance("config.custom", "config.transition")
def test_a_custom_config_is_refused(world):
    custom = model_server_config_pb2.ModelServerConfig()
    custom.custom_model_config.SetInParent()
    with pytest.raises(InvalidArgumentError, match="does not yet support custom model config"):
        world.catalog.configure(custom)
    world.configure(model("a"))
    with pytest.raises(ServingError, match="Cannot transition to requested config") as caught:
        world.catalog.configure(custom)
    assert caught.value.code is Code.FAILED_PRECONDITION


@pytest.mark.conformance("config.logging")
def test_each_config_says_which_requests_are_logged(world):
    logging = 'logging_config { log_collector_config { filename_prefix: "/logs/a" } }'
    world.configure(model("a", more=logging), model("b"))
    assert world.logs == {"a": RequestLogSettings("/logs/a", 0)}
    with pytest.raises(InvalidArgumentError, match="filename_prefix must be an absolute path"):
        world.configure(model("a"), model("b", more="logging_config {}"))
    assert world.logs.keys() == {"a"}
    world.configure(model("a"))
    assert world.logs == {}


def test_what_was_never_configured_is_not_found(world):
    with pytest.raises(NotFoundError, match=r"Latest\(x\)"):
        world.service.lease("x")
