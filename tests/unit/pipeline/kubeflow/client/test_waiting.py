"""Following a run to its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from pipeline.kubeflow.client.api_errors import UnreachableError
from pipeline.kubeflow.client.runs import KubeflowRun, TaskState
from pipeline.kubeflow.client.waiting import Follower, StuckError, follow
from pipeline.kubeflow.client.workflow import TaskPod, Workflow
from pipeline.kubeflow.task_result import TaskResult

TASKS = {"data": ("ExampleGen", "StatisticsGen"), "train": ("Trainer",)}
RUN = KubeflowRun("r", "taxi-1", "RUNNING", datetime(2026, 11, 21, tzinfo=timezone.utc))


class Script:
    """A run that goes on by a step with each look."""

    def __init__(self, *steps):
        self.steps = iter(steps)
        self.pods, self.logs = (), {}
        self.asked_for_pods = 0

    def run(self):
        step = next(self.steps)
        if isinstance(step, Exception):
            raise step
        state, tasks, pods, self.logs = step
        self.pods = tuple(
            TaskPod(task, f"pod-{task}", phase == "Driver", *_phase(phase, message), "")
            for task, (phase, message) in pods.items()
        )
        return replace(RUN, state=state, tasks={t: TaskState(s) for t, s in tasks.items()})

    def workflow(self):
        self.asked_for_pods += 1
        return Workflow(self.pods)

    def log(self, pod):
        return self.logs.get(pod, "")


def _phase(phase, message):
    return ("Failed" if phase == "Driver" else phase, message)


def play(*steps):
    """Follows a script; returns the records that were shown, and what was told."""
    shown, told = [], []
    source = Script(*steps)
    follower = Follower(source, "taxi", TASKS, told.append)
    follow(follower, shown.append, told.append, sleep=lambda _seconds: None)
    return shown, told


def states(record):
    return [its.state.value for its in record.nodes.values()]


RUNNING = ("Running", "")
RESULT = TaskResult(0, "succeeded", "", {"Trainer": {"state": "done"}}).to_line()
DATA_RESULT = TaskResult(
    0, "succeeded", "", {"ExampleGen": {"state": "cached"}, "StatisticsGen": {"state": "done"}}
).to_line()


def test_nodes_progress_as_in_a_local_run():
    data = {"data": RUNNING}
    both = {**data, "train": RUNNING}
    shown, told = play(
        ("PENDING", {}, {}, {}),
        ("RUNNING", {"data": "RUNNING"}, {"data": ("Pending", "PodInitializing")}, {}),
        ("RUNNING", {"data": "RUNNING"}, data, {}),
        ("RUNNING", {"data": "RUNNING"}, data, {}),
        ("RUNNING", {"data": "RUNNING"}, data, {"pod-data": "ExampleGen   cached   0.10 s\n"}),
        (
            "RUNNING",
            {"data": "SUCCEEDED", "train": "RUNNING"},
            both,
            {"pod-data": DATA_RESULT},
        ),
        (
            "SUCCEEDED",
            {"data": "SUCCEEDED", "train": "SUCCEEDED"},
            both,
            {"pod-data": DATA_RESULT, "pod-train": RESULT},
        ),
    )

    assert [states(record) for record in shown] == [
        ["waiting", "waiting", "waiting"],
        ["waiting", "waiting", "waiting"],
        ["waiting", "waiting", "waiting"],
        ["running", "waiting", "waiting"],
        ["cached", "running", "waiting"],
        ["cached", "done", "running"],
        ["cached", "done", "done"],
    ]
    assert shown[-1].outcome.value == "succeeded"
    assert told == []


def test_the_outcome_waits_for_the_log_that_tells_a_gate_from_a_failure():
    ended = ("FAILED", {"data": "FAILED"}, {"data": ("Failed", "Error (exit code 1)")})
    stopped = TaskResult(3, "stopped by a gate", "x", {"ExampleGen": {"state": "stopped"}})
    shown, _ = play(
        ("RUNNING", {"data": "RUNNING"}, {"data": RUNNING}, {}),
        (*ended, {}),
        (*ended, {"pod-data": stopped.to_line()}),
    )

    assert [record.outcome.value for record in shown] == ["running", "stopped by a gate"]


def test_a_log_that_never_comes_is_not_waited_for_for_ever():
    ended = ("FAILED", {"data": "FAILED"}, {"data": ("Failed", "OOMKilled (exit code 137)")}, {})
    shown, _ = play(*[ended] * 5)

    assert shown[-1].outcome.value == "failed"
    assert "raise memory" in shown[-1].nodes["ExampleGen"].cause


def test_the_pods_last_message_stands_in_for_a_log_that_is_gone():
    message = TaskResult(3, "stopped by a gate", "ExampleGen: late").to_message()
    ended = ("FAILED", {"data": "FAILED"}, {"data": ("Failed", f"Error (exit code 1): {message}")})
    shown, _ = play(*[(*ended, {})] * 5)

    assert shown[-1].outcome.value == "stopped by a gate"


def test_a_log_that_was_read_is_not_lost_with_its_pod():
    line = {"pod-data": "ExampleGen   done   1.00 s\n"}
    data = {"data": RUNNING}
    shown, _ = play(
        ("RUNNING", {"data": "RUNNING"}, data, line),
        ("RUNNING", {"data": "RUNNING"}, data, line),
        ("RUNNING", {"data": "RUNNING"}, data, {}),
        ("SUCCEEDED", {"data": "SUCCEEDED"}, data, {"pod-data": DATA_RESULT}),
    )

    assert states(shown[2])[:2] == ["done", "running"]


def test_what_is_in_the_way_is_told_once_when_it_stays():
    waits = ("RUNNING", {"train": "RUNNING"})
    no_gpu = {
        "train": ("Pending", "Unschedulable: 0/2 nodes are available: 1 Insufficient a.b/gpu.")
    }
    no_image = {"train": ("Pending", 'ImagePullBackOff: Back-off pulling image "x:1"')}
    _, told = play(
        *[(*waits, no_gpu, {})] * 7,
        *[(*waits, no_image, {})] * 9,
        ("SUCCEEDED", {"train": "SUCCEEDED"}, {"train": RUNNING}, {"pod-train": RESULT}),
    )

    assert len(told) == 2
    assert told[0].startswith("train waits: no node has a free GPU (a.b/gpu)")
    assert told[1].startswith("train waits: the image x:1 cannot be pulled")


NO_SECRET = ("Pending", 'CreateContainerConfigError: secret "db" not found')
BACK_OFF = ("Pending", 'ImagePullBackOff: Back-off pulling image "x:1"')
NO_IMAGE = ("Pending", 'ErrImagePull: failed to resolve "x:1": not found')
AWAY = ("Pending", 'ErrImagePull: failed to resolve "x:1": dial tcp: i/o timeout')
NO_NODE = ("Pending", "Unschedulable: 0/1 nodes are available: 1 Insufficient a.b/gpu.")


@pytest.mark.parametrize("messages", [[NO_SECRET], [NO_IMAGE], [BACK_OFF, NO_IMAGE, BACK_OFF]])
def test_what_never_comes_by_itself_is_not_waited_for(messages):
    looks = [message for message in messages for _ in range(99 // len(messages))]
    waits = [("RUNNING", {"train": "RUNNING"}, {"train": message}, {}) for message in looks]

    with pytest.raises(StuckError, match=r"^train cannot start: .* `tidemill terminate r` ends it"):
        play(*waits)


@pytest.mark.parametrize("message", [NO_NODE, BACK_OFF, AWAY])
def test_what_may_come_is_waited_for(message):
    waits = ("RUNNING", {"train": "RUNNING"}, {"train": message}, {})
    shown, told = play(
        *[waits] * 99,
        ("SUCCEEDED", {"train": "SUCCEEDED"}, {"train": RUNNING}, {"pod-train": RESULT}),
    )

    assert shown[-1].outcome.value == "succeeded"
    assert len(told) == 1


def test_a_secret_that_is_made_in_time():
    waits = ("RUNNING", {"train": "RUNNING"}, {"train": NO_SECRET}, {})
    shown, _ = play(
        *[waits] * 30,
        ("SUCCEEDED", {"train": "SUCCEEDED"}, {"train": RUNNING}, {"pod-train": RESULT}),
    )

    assert shown[-1].outcome.value == "succeeded"


def test_a_run_that_waits_for_another_says_so():
    log = {"pod-data": "waiting for run 7e57 of this pipeline to end\n"}
    _, told = play(
        *[("RUNNING", {"data": "RUNNING"}, {"data": RUNNING}, log)] * 3,
        ("SUCCEEDED", {"data": "SUCCEEDED"}, {"data": RUNNING}, {"pod-data": DATA_RESULT}),
    )

    assert told == ["data waits for run 7e57 of this pipeline to end"]


def test_an_api_server_that_is_briefly_away_is_waited_for():
    away = UnreachableError("nothing listens there")
    shown, told = play(
        ("PENDING", {}, {}, {}),
        away,
        away,
        ("SUCCEEDED", {"data": "SUCCEEDED"}, {"data": RUNNING}, {"pod-data": DATA_RESULT}),
    )

    assert shown[-1].outcome.value == "succeeded"
    assert told == ["nothing listens there; trying again for 5 minutes"]


def test_one_that_stays_away_is_not():
    away = UnreachableError("nothing listens there")
    with pytest.raises(UnreachableError):
        play(*[away] * 1000)


def test_pods_are_not_asked_for_while_a_task_runs():
    going = ("RUNNING", {"data": "RUNNING"}, {"data": RUNNING}, {})
    source = Script(*[(*going[:3], {"pod-data": "waiting\n"})] * 20)
    follower = Follower(source, "taxi", TASKS, lambda _: None)
    for _ in range(20):
        follower.look()

    assert source.asked_for_pods == 1


def test_a_run_whose_end_is_known_before_that_of_its_task():
    pod = {"data": ("Failed", "Error (exit code 1)")}
    shown, _ = play(
        ("RUNNING", {"data": "RUNNING"}, {"data": RUNNING}, {}),
        *[("FAILED", {"data": "RUNNING"}, pod, {"pod-data": "tidemill: no such column\n"})] * 5,
    )

    assert shown[-1].nodes["ExampleGen"].state.value == "failed"
    assert shown[-1].nodes["ExampleGen"].cause == "no such column"


def test_a_pod_that_was_lost_is_followed_by_another():
    source = Script(
        ("RUNNING", {"data": "RUNNING"}, {"data": RUNNING}, {"pod-data": "reading\n"}),
        *[("RUNNING", {"data": "RUNNING"}, {"data": RUNNING}, {})] * 6,
    )
    follower = Follower(source, "taxi", TASKS, lambda _: None)
    for _ in range(7):
        follower.look()

    assert source.asked_for_pods > 1


def test_a_task_whose_driver_failed():
    driver = {"data": ("Driver", "main: Error (exit code 1)")}
    log = {"pod-data": "F1121 17:00:09.1 1 main.go:99] KFP driver: no such image tag\n"}
    shown, _ = play(*[("FAILED", {"data": ""}, driver, log)] * 5)

    assert shown[-1].nodes["ExampleGen"].state.value == "failed"
    assert shown[-1].nodes["ExampleGen"].cause == "Kubeflow: KFP driver: no such image tag"
    assert shown[-1].nodes["Trainer"].state.value == "not run"
