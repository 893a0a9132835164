"""The model store over many runs: pushed once, verified, pruned, rolled back; and the baseline."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from serving.server.process import ServerProcess

PENGUIN = Path(__file__).resolve().parents[2] / "examples" / "penguin"
# What an unchanged run executes: both look at what is outside of the cache.
UNCHANGED = ["LatestPushedModel", "Pusher"]
SECOND, THIRD, FOURTH, FIFTH = (f"trainer.seed={seed}" for seed in (2, 3, 4, 5))
# No model is that much better than another.
IMPOSSIBLE = "evaluator.metrics={SparseCategoricalAccuracy: {min: 0, min_change: 5}}"
FAULTS = Path(__file__).parent / "faults"


@dataclass
class Step:
    """A run, or a rollback, and the versions in the store after it.

    Attributes:
        version: The version that it pushed or found pushed, or that a rollback made; None where a
            gate stopped it.
        versions: All versions that servers see, oldest first.
        summary: What Pusher says.
        executed: Nodes that were not answered from the cache.
        model: Artifact id of the candidate, in a list.
        baseline: Artifact id of the model that it was compared with, in a list that may be empty.
        full_worker: Whether TensorFlow was imported.
    """

    version: str
    versions: list
    summary: str = ""
    executed: list = ()
    model: list = ()
    baseline: list = ()
    full_worker: bool = False


class Story:
    """The penguin use case with a home of its own, run again and again."""

    def __init__(self, tidemill):
        self.tidemill = tidemill
        self.folder = tidemill.home / "models" / "penguin"
        self.steps = {}

    def run(self, step, *settings, status=0):
        done = self.tidemill.run(PENGUIN, *settings)
        assert done.status == status, done.stdout + done.stderr
        nodes = done.record["nodes"]

        def inputs(node, channel):
            execution = nodes[node]["execution_id"]
            return self.tidemill.inputs(execution, channel) if execution else []

        self.steps[step] = Step(
            version=done.record["pushed_version"],
            versions=self.versions(),
            summary=nodes["Pusher"]["summary"],
            executed=[node for node, state in done.states.items() if state == "done"],
            model=inputs("Pusher", "model"),
            baseline=inputs("Evaluator", "baseline_model"),
            full_worker=(self.tidemill.logs(done.record["run_id"]) / "worker.log").exists(),
        )

    def kill_pusher(self, step, *settings):
        """Has Pusher killed when the model is in the store and ML Metadata does not know of it."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("PYTHONPATH", str(FAULTS))
            environment.setenv("FAULT_NODE", "Pusher")
            environment.setenv("FAULT_KIND", "kill -9 of the node")
            done = self.tidemill.run(PENGUIN, *settings)
        assert done.status == 1, done.stdout + done.stderr
        version = self.versions()[-1]
        origin = json.loads((self.folder / f"{version}.json").read_text())
        self.steps[step] = Step(version, self.versions(), model=[origin["model_artifact_id"]])

    def roll_back(self, step):
        done = self.tidemill("rollback", "penguin")
        assert (done.status, done.stderr) == (0, "")
        self.steps[step] = Step(self.versions()[-1], self.versions(), summary=done.stdout)

    def versions(self):
        return sorted(path.name for path in self.folder.glob("[0-9]*") if path.is_dir())


@pytest.fixture(scope="module")
def story(tmp_path_factory, tidemill):
    """What every step came to, by name."""
    its = Story(tidemill(tmp_path_factory.mktemp("store")))
    its.run("first")
    its.run("unchanged")
    its.run("unchanged again")
    its.run("second", SECOND)
    its.run("older configuration")
    its.roll_back("rollback")
    its.run("what was rolled back", SECOND)
    its.run("what was restored")
    log = tmp_path_factory.mktemp("log") / "server.log"
    with ServerProcess("penguin", its.folder, log) as server:
        servers = f'pusher.servers=["{server.grpc_address}"]'
        its.run("third", THIRD, "pusher.keep_versions=1", servers)
    assert its.tidemill("rollback", "penguin", its.steps["first"].version).status == 2
    its.roll_back("second rollback")
    shutil.rmtree(its.folder.parent)
    its.run("store deleted after a rollback", THIRD)
    its.run("unchanged after that", THIRD)
    shutil.rmtree(its.folder.parent)
    its.run("store deleted")
    its.run("unchanged since")
    its.kill_pusher("killed", FOURTH)
    its.run("after a killed Pusher", FIFTH, IMPOSSIBLE, status=3)
    return its.steps


def test_three_unchanged_runs_push_one_version(story):
    first = story["first"]
    assert first.summary == f"penguin was pushed as version {first.version}"
    for name in ("unchanged", "unchanged again"):
        step = story[name]
        assert step.executed == UNCHANGED
        assert step.versions == [step.version] == [first.version]
        assert step.summary == f"penguin was already pushed as version {first.version}"
        assert step.baseline == []


def test_an_unchanged_run_does_not_import_tensorflow(story):
    assert [name for name, step in story.items() if step.full_worker] == [
        "first",
        "second",
        "older configuration",
        "third",
        "after a killed Pusher",
    ]


def test_each_model_is_compared_with_the_one_in_force(story):
    assert story["second"].baseline == story["first"].model
    assert story["what was rolled back"].baseline == story["first"].model
    assert story["third"].baseline == story["first"].model


def test_an_older_configuration_does_not_push_its_model_again(story):
    first, second, step = story["first"], story["second"], story["older configuration"]
    assert step.model == first.model
    assert step.baseline == second.model
    assert step.versions == [first.version, second.version]
    assert step.summary == (
        f"penguin was already pushed as version {first.version}; version {second.version} is newer "
        f"(`tidemill rollback penguin {first.version}` goes back)"
    )


def test_a_rollback_makes_an_older_model_the_newest(story):
    first, second, step = story["first"], story["second"], story["rollback"]
    assert step.versions == [first.version, second.version, step.version]
    assert step.summary == (
        f"penguin: version {step.version} is the newest now; it restores version {first.version}, "
        f"rolled back from {second.version}\n"
    )


def test_a_model_that_was_rolled_back_is_not_pushed_again(story):
    step = story["what was rolled back"]
    assert step.executed == UNCHANGED
    assert step.versions == story["rollback"].versions
    assert step.summary == (
        f"penguin was already pushed as version {story['second'].version} and rolled back; "
        f"version {story['rollback'].version} is the newest"
    )


def test_the_restored_model_is_not_compared_with_the_one_rolled_back(story):
    step = story["what was restored"]
    assert step.executed == UNCHANGED
    assert step.version == story["rollback"].version
    assert step.baseline == []


def test_what_no_server_has_is_removed_and_what_one_serves_stays(story):
    first, second, third = story["first"], story["second"], story["third"]
    assert third.versions == [story["rollback"].version, third.version]
    assert third.summary == (
        f"penguin was pushed as version {third.version}; "
        f"removed versions {first.version}, {second.version}"
    )


def test_a_deleted_store_does_not_make_a_rollback_undone(story):
    lost, step = story["second rollback"], story["store deleted after a rollback"]
    assert step.executed == UNCHANGED
    assert step.model == story["third"].model
    assert step.versions == [step.version]
    assert int(step.version) > int(lost.version)
    assert step.summary == (
        f"version {lost.version} of penguin was gone from the model store and was pushed again as "
        f"version {step.version}"
    )
    again = story["unchanged after that"]
    assert again.versions == step.versions
    assert again.summary == (
        f"penguin was already pushed as version {story['third'].version} and rolled back; "
        f"version {step.version} is the newest"
    )


def test_a_deleted_store_comes_back(story):
    step = story["store deleted"]
    assert step.executed == UNCHANGED
    assert step.versions == [step.version]
    assert int(step.version) > int(story["store deleted after a rollback"].version)
    assert story["unchanged since"].summary == (
        f"penguin was already pushed as version {step.version}"
    )


def test_what_a_killed_pusher_left_in_the_store_is_the_baseline(story):
    killed, step = story["killed"], story["after a killed Pusher"]
    assert int(killed.version) > int(story["store deleted"].version)
    assert step.baseline == killed.model
    assert (step.version, step.versions) == (None, killed.versions)
