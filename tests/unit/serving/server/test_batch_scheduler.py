import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from serving.errors import (
    Code,
    DeadlineExceededError,
    InvalidArgumentError,
    ServingError,
    UnavailableError,
)
from serving.server import batch_scheduler
from serving.server.batch_scheduler import BatchQueue, BatchScheduler
from serving.server.batched_servable import BatchedServable
from serving.server.batching_parameters import BatchingParameters
from serving.server.metrics import ServerMetrics
from serving.server.must_wait import MustWaitError
from serving.signature import Signature, TensorSpec

PATIENCE_S = 10


class Model:
    """Doubles; notes the batches; waits for a gate where the test wants that."""

    def __init__(self):
        self.batches = []
        self.gate = threading.Event()
        self.gate.set()
        self.started = threading.Semaphore(0)

    def __call__(self, inputs, timeout_s):
        self.batches.append(inputs["x"].tolist())
        self.timeout_s = timeout_s
        self.started.release()
        assert self.gate.wait(PATIENCE_S)
        if 13 in inputs["x"]:
            raise ServingError.of(Code.INVALID_ARGUMENT, "thirteen")
        return {"y": inputs["x"] * 2}


class World:
    """One thread and one queue, whose thread can be kept busy."""

    def __init__(self, **parameters):
        self.metrics = ServerMetrics()
        self.scheduler = BatchScheduler(1, self.metrics)
        self.model = Model()
        self.queue = BatchQueue(self.scheduler, BatchingParameters(**parameters), self.model)
        self.admitted = threading.Semaphore(0)
        self.queue._admit = self._admit
        self.scheduler.add(self.queue)
        self.pool = ThreadPoolExecutor(16)

    def call(self, *values, timeout_s=None):
        return self.queue.call({"x": np.array(values)}, timeout_s)["y"].tolist()

    def busy(self):
        """Keeps the thread busy with a request of its own."""
        self.model.gate.clear()
        first = self.submit(0)
        assert self.model.started.acquire(timeout=PATIENCE_S)
        return first

    def submit(self, *values, timeout_s=None):
        """Sends a request from another thread, and waits until it is in the queue."""
        future = self.pool.submit(self.call, *values, timeout_s=timeout_s)
        assert self.admitted.acquire(timeout=PATIENCE_S)
        return future

    def _admit(self, tasks):
        BatchQueue._admit(self.queue, tasks)
        self.admitted.release()


def results(*futures):
    return [future.result(PATIENCE_S) for future in futures]


@pytest.mark.conformance("batch.together")
def test_what_waits_together_runs_together():
    world = World()
    first = world.busy()
    futures = [world.submit(1, 2), world.submit(3)]
    world.model.gate.set()
    assert results(first, *futures) == [[0], [2, 4], [6]]
    assert world.model.batches == [[0], [1, 2, 3]]
    assert world.metrics.wrapped_run_count.first_value() == 2


@pytest.mark.conformance("batch.together")
def test_a_batch_has_at_most_so_many_rows():
    world = World(max_batch_size=3, max_execution_batch_size=3)
    first = world.busy()
    futures = [world.submit(1, 2), world.submit(3, 4), world.submit(5)]
    world.model.gate.set()
    assert results(first, *futures) == [[0], [2, 4], [6, 8], [10]]
    assert world.model.batches == [[0], [1, 2], [3, 4, 5]]


@pytest.mark.conformance("batch.splitting")
def test_a_large_request_fills_several_batches_where_it_may_be_split():
    world = World(max_batch_size=9, max_execution_batch_size=3, split_large=True)
    first = world.busy()
    futures = [world.submit(1, 2), world.submit(3, 4, 5, 6, 7)]
    world.model.gate.set()
    assert results(first, *futures) == [[0], [2, 4], [6, 8, 10, 12, 14]]
    assert world.model.batches == [[0], [1, 2, 3], [4, 5, 6], [7]]


@pytest.mark.conformance("batch.too_large")
def test_a_request_with_too_many_rows_is_refused():
    world = World(max_batch_size=2, max_execution_batch_size=2)
    with pytest.raises(InvalidArgumentError) as caught:
        world.call(1, 2, 3)
    assert caught.value.message == "Task size 3 is larger than maximum input batch size 2"


@pytest.mark.conformance("batch.full")
def test_a_full_queue_refuses_and_goes_on():
    world = World(max_batch_size=1, max_execution_batch_size=1, max_enqueued_batches=2)
    first = world.busy()
    waiting = [world.submit(1), world.submit(2)]
    with pytest.raises(UnavailableError, match="queue to which this task was submitted is full"):
        world.call(3)
    world.model.gate.set()
    assert results(first, *waiting) == [[0], [2], [4]]
    assert world.call(4) == [8]


def test_others_may_have_more_time_for_a_batch_than_a_request_has(monkeypatch):
    world = World()
    first = world.busy()
    hasty, patient = world.submit(1, timeout_s=PATIENCE_S), world.submit(2)
    now = batch_scheduler.time.monotonic()
    later = SimpleNamespace(monotonic=lambda: now + 2 * PATIENCE_S)
    monkeypatch.setattr(batch_scheduler, "time", later)
    world.model.gate.set()
    with pytest.raises(DeadlineExceededError, match="before the model was done"):
        hasty.result(PATIENCE_S)
    assert results(first, patient) == [[0], [4]]


@pytest.mark.conformance("batch.timeout")
def test_a_batch_whose_requests_have_all_run_out_of_time_is_not_run():
    world = World(max_batch_size=1, max_execution_batch_size=1)
    first = world.busy()
    late, patient = world.submit(1, timeout_s=0), world.submit(2, timeout_s=PATIENCE_S)
    world.model.gate.set()
    with pytest.raises(ServingError, match="timeout exceeded while waiting in batching") as caught:
        late.result(PATIENCE_S)
    assert caught.value.code is Code.RESOURCE_EXHAUSTED
    assert results(first, patient) == [[0], [4]]
    assert world.model.batches == [[0], [2]]
    assert 0 < world.model.timeout_s <= PATIENCE_S


def test_a_failure_reaches_all_of_its_batch_and_nobody_else():
    world = World()
    first = world.busy()
    futures = [world.submit(13), world.submit(1)]
    world.model.gate.set()
    assert results(first) == [[0]]
    for future in futures:
        with pytest.raises(ServingError, match="thirteen"):
            future.result(PATIENCE_S)
    assert world.call(2) == [4]


@pytest.mark.conformance("batch.together")
def test_a_batch_waits_for_more_until_it_is_full():
    world = World(max_batch_size=2, max_execution_batch_size=2, batch_timeout_s=3600)
    first = world.pool.submit(world.call, 1)
    second = world.pool.submit(world.call, 2)
    assert sorted(results(first, second)) == [[2], [4]]
    assert len(world.model.batches) == 1


def test_a_request_without_rows_runs_by_itself():
    assert World().call() == []


SIGNATURE = Signature(
    "s", inputs={"x": TensorSpec("x", "int64")}, outputs={"y": TensorSpec("y", "int64")}
)


class FakeServable:
    def __init__(self):
        self.signatures = self.signature_defs = {}
        self.closed = False

    def run(self, _signature, inputs, outputs, _timeout_s):
        return dict.fromkeys(outputs, inputs["x"])

    def close(self):
        self.closed = True


@pytest.mark.conformance("batch.queues")
def test_each_selection_of_outputs_has_a_queue_and_all_leave_with_the_version():
    scheduler = BatchScheduler(1, ServerMetrics())
    inner = FakeServable()
    servable = BatchedServable(inner, scheduler, BatchingParameters())
    assert list(servable.run(SIGNATURE, {"x": np.array([1])})) == ["y"]
    with pytest.raises(MustWaitError):
        servable.run(SIGNATURE, {"x": np.array([1])}, at_once=True)
    for number in range(100):
        answer = servable.run(SIGNATURE, {"x": np.array([1])}, [f"o{number}"])
        assert list(answer) == [f"o{number}"]
    assert len(scheduler._queues) == 64
    servable.close()
    assert (scheduler._queues, inner.closed) == ([], True)
