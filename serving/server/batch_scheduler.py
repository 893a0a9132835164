"""Collects requests into batches and runs these on a few threads, shared by all models."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.errors import Code, InvalidArgumentError, ServingError, UnavailableError
from serving.server.batch_arrays import Arrays, batch_size, cut, merge, part_sizes, split
from serving.server.deadlines import check_in_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from serving.server.batching_parameters import BatchingParameters
    from serving.server.metrics import ServerMetrics


@dataclass
class _Task:
    inputs: Mapping[str, Any]
    size: int
    deadline: float | None
    enqueued: float
    answer: Future[Arrays] = field(default_factory=Future)


@dataclass
class _Batch:
    due: float
    tasks: list[_Task] = field(default_factory=list)
    size: int = 0
    closed: bool = False


class BatchQueue:
    """The batches of one signature of one version.

    Args:
        scheduler: Runs the batches.
        parameters: How they are made.
        run: Calls the model with inputs and the seconds that are left.
    """

    def __init__(
        self,
        scheduler: BatchScheduler,
        parameters: BatchingParameters,
        run: Callable[[Mapping[str, Any], float | None], Arrays],
    ) -> None:
        self._scheduler = scheduler
        self._parameters = parameters
        self._run = run
        self._batches: deque[_Batch] = deque()

    def call(self, inputs: Mapping[str, Any], timeout_s: float | None) -> Arrays:
        """Runs a request together with others; returns its own rows of the outputs.

        Raises:
            ServingError: INVALID_ARGUMENT when the request has too many rows, UNAVAILABLE when too
                many batches wait, RESOURCE_EXHAUSTED when its time is over before its turn comes;
                or the model failed.
        """
        size = batch_size(inputs)
        most = self._parameters.max_batch_size
        if size > most:
            raise InvalidArgumentError(
                f"Task size {size} is larger than maximum input batch size {most}"
            )
        if size == 0:
            return self._run(inputs, timeout_s)
        self._scheduler.metrics.input_batch_size.add(size)
        now = time.monotonic()
        deadline = None if timeout_s is None else now + timeout_s
        with self._scheduler.changed:
            tasks = [
                _Task(part, len(next(iter(part.values()))), deadline, now)
                for part in self._parts(inputs, size)
            ]
            self._admit(tasks)
            self._scheduler.changed.notify_all()
        answers = [task.answer.result() for task in tasks]
        # Others in the batch may have had more time.
        check_in_time(time.monotonic() - now, timeout_s)
        if len(answers) == 1:
            return answers[0]
        return {alias: np.concatenate([a[alias] for a in answers]) for alias in answers[0]}

    def due(self) -> float | None:
        """Returns when the next batch may run, on the monotonic clock; None when there is none."""
        if not self._batches:
            return None
        return 0.0 if self._batches[0].closed else self._batches[0].due

    def take(self) -> Callable[[], None]:
        """Takes the next batch out; returns what runs it."""
        batch = self._batches.popleft()
        return lambda: self._process(batch.tasks)

    def _parts(self, inputs: Mapping[str, Any], size: int) -> list[Arrays]:
        most = self._parameters.max_execution_batch_size
        if not self._parameters.split_large:
            return [dict(inputs)]
        room = most - self._batches[-1].size if self._open() else 0
        return cut(inputs, part_sizes(size, room, most))

    def _open(self) -> bool:
        return bool(self._batches) and not self._batches[-1].closed

    def _admit(self, tasks: list[_Task]) -> None:
        """Adds tasks to batches, all of them or none."""
        most = self._parameters.max_execution_batch_size
        sizes = [self._batches[-1].size] if self._open() else []
        fresh = 0
        for task in tasks:
            if sizes and sizes[-1] + task.size <= most:
                sizes[-1] += task.size
            else:
                sizes.append(task.size)
                fresh += 1
        if len(self._batches) + fresh > self._parameters.max_enqueued_batches:
            raise UnavailableError(
                "The batch scheduling queue to which this task was submitted is full"
            )
        for task in tasks:
            self._append(task, most)

    def _append(self, task: _Task, most: int) -> None:
        if not self._open() or self._batches[-1].size + task.size > most:
            if self._batches:
                self._batches[-1].closed = True
            self._batches.append(_Batch(task.enqueued + self._parameters.batch_timeout_s))
        batch = self._batches[-1]
        batch.tasks.append(task)
        batch.size += task.size
        batch.closed = batch.size >= most

    def _process(self, tasks: list[_Task]) -> None:
        try:
            answers = self._answers(tasks)
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            for task in tasks:
                task.answer.set_exception(error)
            return
        for task, answer in zip(tasks, answers, strict=True):
            task.answer.set_result(answer)

    def _answers(self, tasks: list[_Task]) -> list[Arrays]:
        now, metrics = time.monotonic(), self._scheduler.metrics
        for task in tasks:
            waited = (now - task.enqueued) * 1e6
            metrics.queuing_latency.add(waited, self._parameters.thread_pool_name)
        deadlines = [task.deadline for task in tasks]
        latest = None if None in deadlines else max(d for d in deadlines if d is not None)
        if latest is not None and latest <= now:
            raise ServingError.of(
                Code.RESOURCE_EXHAUSTED, "Run() timeout exceeded while waiting in batching queue"
            )
        sizes = [task.size for task in tasks]
        size = self._parameters.padded_size(sum(sizes))
        metrics.padding_size.add(size - sum(sizes), str(size))
        metrics.processed_batch_size.add(size)
        merged = merge([task.inputs for task in tasks], self._parameters)
        outputs = self._run(merged, None if latest is None else latest - now)
        metrics.wrapped_run_count.add()
        return split(outputs, sizes, size)


class BatchScheduler:
    """The threads that run batches, each queue in its turn.

    Args:
        threads: How many.
        metrics: Where batches are counted.

    Attributes:
        changed: Guards all queues.
        metrics: Where batches are counted.
    """

    def __init__(self, threads: int, metrics: ServerMetrics) -> None:
        self.changed = threading.Condition()
        self.metrics = metrics
        self._queues: list[BatchQueue] = []
        self._turn = itertools.count()
        for number in range(threads):
            threading.Thread(target=self._work, name=f"batch-{number}", daemon=True).start()

    def add(self, queue: BatchQueue) -> None:
        """Lets a queue take part."""
        with self.changed:
            self._queues.append(queue)

    def remove(self, queue: BatchQueue) -> None:
        """Lets a queue go; nothing may be waiting in it."""
        with self.changed:
            self._queues.remove(queue)

    def _work(self) -> None:
        while True:
            with self.changed:
                process = self._next()
            process()

    def _next(self) -> Callable[[], None]:
        """Waits for a batch that is due."""
        while True:
            now = time.monotonic()
            turn = next(self._turn) % max(len(self._queues), 1)
            waiting = [
                (due, queue)
                for queue in self._queues[turn:] + self._queues[:turn]
                if (due := queue.due()) is not None
            ]
            for due, queue in waiting:
                if due <= now:
                    return queue.take()
            self.changed.wait(min((due for due, _ in waiting), default=now + 3600) - now)
