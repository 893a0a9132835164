"""Following a run on Kubeflow to its end, with the progress of each node."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from pipeline.kubeflow.client.api_errors import KubeflowError, UnreachableError
from pipeline.kubeflow.client.obstacles import find_obstacle
from pipeline.kubeflow.client.progress import TaskNews, record_of
from pipeline.kubeflow.client.runs import FINAL
from pipeline.kubeflow.client.task_log import awaited_run, last_words
from pipeline.kubeflow.client.workflow import Workflow
from pipeline.kubeflow.task_result import TaskResult
from pipeline.runs import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline.kubeflow.client.runs import KubeflowRun
    from pipeline.kubeflow.client.workflow import TaskPod
    from pipeline.runs import RunRecord

SECONDS_BETWEEN = 3.0
# An API server that is restarted is away for less than this.
_PATIENCE_SECONDS = 300.0
# The workflow is large, and changes only when pods do.
_WORKFLOW_EVERY = 3
# A log may reach its archive later than the run its end.
_LOOKS_FOR_A_RESULT = 5
_SIGHTS_OF_AN_OBSTACLE = 2
# Two minutes: an image may be pushed, or a Secret made, while the run starts.
_SIGHTS_TO_GIVE_UP = 14
_BY_PHASE = {"Succeeded": "SUCCEEDED", "Failed": "FAILED", "Error": "FAILED"}


class StuckError(KubeflowError):
    """A task cannot start, and will not, until somebody does something."""


class Source(Protocol):
    """What can be asked of a run."""

    def run(self) -> KubeflowRun:
        """Returns what Kubeflow says of it."""

    def workflow(self) -> Workflow:
        """Returns its pods."""

    def log(self, pod: str) -> str:
        """Returns the log of a pod so far; empty if there is none."""


class Follower:
    """Looks at a run again and again, and remembers what it saw.

    Args:
        source: The run.
        pipeline: Name of the pipeline.
        tasks: Its tasks in order, each with the nodes that it runs.
        tell: Takes a sentence about what is in the way of a task.
    """

    def __init__(
        self,
        source: Source,
        pipeline: str,
        tasks: Mapping[str, tuple[str, ...]],
        tell: Callable[[str], None],
    ) -> None:
        self._source = source
        self._pipeline = pipeline
        self._tasks = tasks
        self._tell = tell
        self._workflow = Workflow()
        self._logs: dict[str, str] = {}
        self._silent: set[str] = set()
        self._looks: dict[str, int] = dict.fromkeys(tasks, 0)
        self._sights: dict[tuple[str, str], int] = {}
        self._lasting: set[tuple[str, str]] = set()
        self._steps = 0

    def look(self) -> RunRecord:
        """Looks once.

        Raises:
            StuckError: A task has waited a while for something that will not come by itself.
        """
        run = self._source.run()
        states = {task: _state(run, task) for task in self._tasks}
        if any(self._wants_pod(run, task, state) for task, state in states.items()):
            self._workflow = self._source.workflow()
            for task, state in states.items():
                if state and state not in FINAL:
                    self._tell_obstacle(task, run.run_id)
        if run.is_over:
            states = {task: self._final(task, state) for task, state in states.items()}
        self._steps += 1
        for task, state in states.items():
            self._read_log(task, state, has_ended=bool(state) and (run.is_over or state in FINAL))
        news = {task: self._news(task, state) for task, state in states.items()}
        return record_of(run, self._pipeline, news)

    @property
    def is_settled(self) -> bool:
        """Whether another look at a run that has ended would tell nothing more."""
        return not any(0 < looks < _LOOKS_FOR_A_RESULT for looks in self._looks.values())

    def _wants_pod(self, run: KubeflowRun, task: str, state: str) -> bool:
        """Whether a pod is not known that should be: of a task that starts, or just ended."""
        if state not in FINAL and run.state == "FAILED":
            return self._looks[task] < _LOOKS_FOR_A_RESULT
        if state in FINAL:
            return self._looks[task] < _LOOKS_FOR_A_RESULT and not self._logs.get(task)
        if not state or (self._runs(task) and task not in self._silent):
            return False
        return self._workflow.current(task) is None or self._steps % _WORKFLOW_EVERY == 0

    def _runs(self, task: str) -> bool:
        pod = self._workflow.executor(task)
        return pod is not None and pod.phase != "Pending"

    def _final(self, task: str, state: str) -> str:
        """Returns how a task ended that Kubeflow takes for running yet: it learns of runs first."""
        pod = self._workflow.current(task)
        if state in FINAL or pod is None:
            return state
        # A task whose driver failed is one that was left out.
        return state if pod.is_driver and not pod.has_failed else _BY_PHASE.get(pod.phase, state)

    def _read_log(self, task: str, state: str, *, has_ended: bool) -> None:
        if has_ended:
            if self._looks[task] >= _LOOKS_FOR_A_RESULT:
                return
            self._looks[task] += 1
        pod = self._workflow.executor(task)
        if pod is None and state == "FAILED":
            pod = self._workflow.current(task)
        if state and pod is not None and pod.phase != "Pending":
            log = self._source.log(pod.name)
            # Perhaps the pod was lost, and Argo made another one.
            (self._silent.discard if log else self._silent.add)(task)
            # What was read once is not lost with the pod.
            self._logs[task] = log or self._logs.get(task, "")
        self._tell_turn(task)
        log = self._logs.get(task, "")
        if has_ended and (TaskResult.found_in(log) or last_words(log)):
            self._looks[task] = _LOOKS_FOR_A_RESULT

    def _tell_turn(self, task: str) -> None:
        other = awaited_run(self._logs.get(task, ""))
        if other and (task, other) not in self._sights:
            self._sights[task, other] = 1
            self._tell(f"{task} waits for run {other} of this pipeline to end")

    def _tell_obstacle(self, task: str, run_id: str) -> None:
        pod = self._workflow.current(task)
        if pod is None or pod.phase != "Pending":
            return
        obstacle = find_obstacle(pod.message)
        if obstacle is None:
            return
        key = (task, obstacle.kind)
        self._sights[key] = self._sights.get(key, 0) + 1
        # Autoscalers and slow registries make some pods wait for a moment.
        if self._sights[key] == _SIGHTS_OF_AN_OBSTACLE:
            self._tell(f"{task} waits: {obstacle.sentence}")
        # Of an image only some messages tell that there is none; others, that it is tried again.
        if obstacle.lasts:
            self._lasting.add(key)
        if key in self._lasting and self._sights[key] >= _SIGHTS_TO_GIVE_UP:
            raise StuckError(
                f"{task} cannot start: {obstacle.sentence}. Run {run_id} still waits for that: "
                f"`tidemill follow {run_id}` follows it again, "
                f"`tidemill terminate {run_id}` ends it"
            )

    def _news(self, task: str, state: str) -> TaskNews:
        pod = self._workflow.current(task)
        log = self._logs.get(task, "")
        has_begun = state != "RUNNING" or self._runs(task)
        return TaskNews(
            self._tasks[task],
            state if has_begun else "PENDING",
            log,
            _trouble(pod, log),
            # The log may be gone; Argo keeps what the pod left as its last message.
            TaskResult.found_in(log) or (TaskResult.found_in(pod.message) if pod else None),
        )


def follow(
    follower: Follower,
    show: Callable[[RunRecord], None],
    tell: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> RunRecord:
    """Follows a run until it has ended.

    Args:
        follower: Looks at it.
        show: Takes the record after each look.
        tell: Takes a sentence about the connection.
        sleep: Waits for some seconds.

    Returns:
        The last record.

    Raises:
        StuckError: A task cannot start; the run goes on waiting.
        KubeflowError: The API does not answer any more.
    """
    silent = 0.0
    while True:
        try:
            record = follower.look()
        except UnreachableError as error:
            if silent == 0:
                tell(f"{error}; trying again for {_PATIENCE_SECONDS / 60:.0f} minutes")
            silent += SECONDS_BETWEEN
            if silent > _PATIENCE_SECONDS:
                raise
        else:
            silent = 0.0
            # The outcome waits for the logs: they tell a gate from a failure.
            if record.outcome is RunOutcome.RUNNING or follower.is_settled:
                show(record)
            if record.outcome is not RunOutcome.RUNNING and follower.is_settled:
                return record
        sleep(SECONDS_BETWEEN)


def _state(run: KubeflowRun, task: str) -> str:
    return run.tasks[task].state if task in run.tasks else ""


def _trouble(pod: TaskPod | None, log: str) -> str:
    """Returns why a task failed, as far as Kubernetes and the launcher know."""
    if pod is None:
        return ""
    obstacle = find_obstacle(pod.message)
    if obstacle:
        return obstacle.sentence
    return last_words(log) or pod.message
