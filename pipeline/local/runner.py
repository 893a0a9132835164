"""Runs the pipeline on this machine: starts nodes as they become ready, records what they came to.

A lean worker compiles the pipeline, looks every node up in the cache and executes light nodes.
Only when another node is not in the cache, a full worker is started, which executes it.
"""

from __future__ import annotations

import selectors
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.errors import TidemillError
from pipeline.local.messages import NodeResult, Outcome, Ready, Refused, Reply
from pipeline.local.node_order import DATA_GATE, Budget, NodeOrder
from pipeline.local.worker_process import WorkerProcess
from pipeline.node_ids import kind_of
from pipeline.runs import NodeRecord, NodeState, RunOutcome, RunRecord, now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline.places import Home, RunFolder

# Splits that a node reads whole, for its rows per second; Trainer reads them once an epoch.
_SPLITS_READ: dict[str, tuple[str, ...] | None] = {
    "ExampleGen": None,
    "StatisticsGen": None,
    "Transform": None,
    "Evaluator": ("eval",),
}

Observer = Callable[[RunRecord], None]


class WorkerLostError(TidemillError):
    """A worker ended although nobody asked it to.

    Args:
        problem: What happened.
        log: The worker's log.
        killed: Whether SIGKILL ended it.
    """

    def __init__(self, problem: str, log: Path, *, killed: bool = False) -> None:
        super().__init__(f"{problem}; see {log}")
        self.problem = problem
        self.log = log
        self.killed = killed


class LocalRunner:
    """Drives one run.

    Args:
        home: Where state lies.
        folder: Folder of the run; its `request` is written.
        record: The run's record, which this runner fills and saves.
        import_root: Folder that makes the use case importable.
        budget: What nodes that run side by side may take together.
        observer: Called with the record whenever it changed.
        lock: Descriptor that holds the home; every process of the run inherits it.
    """

    def __init__(
        self,
        home: Home,
        folder: RunFolder,
        record: RunRecord,
        import_root: Path,
        budget: Budget,
        observer: Observer,
        lock: int,
    ) -> None:
        self._lock = lock
        self._home = home
        self._folder = folder
        self._record = record
        self._import_root = import_root
        self._budget = budget
        self._observer = observer
        self._selector = selectors.DefaultSelector()
        self._lean: WorkerProcess | None = None
        self._full: WorkerProcess | None = None
        self._order: NodeOrder | None = None
        self._light: frozenset[str] = frozenset()
        self._missed: list[str] = []
        self._started_at: dict[str, float] = {}
        self._rows: dict[str, Mapping[str, int]] = {}

    def run(self) -> RunRecord:
        """Runs to the end and returns the record; KeyboardInterrupt cancels the run cleanly.

        Raises:
            WorkerLostError: A worker died or could not compile the pipeline.
        """
        try:
            self._lean = self._start_worker(lean=True)
            if not self._home.metadata_service and not self._home.metadata.exists():
                # Nothing can be in the cache: the full worker's imports need not wait for a miss.
                self._full = self._start_worker(lean=False)
            while self._order is None or not self._order.over:
                self._wait()
        except KeyboardInterrupt:
            self._cancel()
        except BaseException:
            self._record.outcome = RunOutcome.FAILED
            for node in self._order.running if self._order else ():
                self._record.nodes[node].state = NodeState.FAILED
                self._record.nodes[node].cause = "the process that ran it ended"
            raise
        finally:
            self._close()
        return self._record

    def _start_worker(self, *, lean: bool) -> WorkerProcess:
        worker = WorkerProcess(self._home, self._folder, self._import_root, self._lock, lean=lean)
        self._selector.register(worker, selectors.EVENT_READ, worker)
        return worker

    def _wait(self) -> None:
        for key, _ in self._selector.select():
            worker: WorkerProcess = key.data
            replies = worker.receive()
            if replies is None:
                self._selector.unregister(worker)
                killed = worker.close() == -signal.SIGKILL
                problem = "the process that runs nodes ended unexpectedly"
                raise WorkerLostError(problem, worker.log, killed=killed)
            for reply in replies:
                self._handle(worker, reply)
        self._start_nodes()
        self._launch_missed()

    def _handle(self, worker: WorkerProcess, reply: Reply) -> None:
        if isinstance(reply, Refused):
            raise WorkerLostError(reply.cause, worker.log)
        if isinstance(reply, Ready):
            worker.ready = True
            if worker.lean:
                self._order = NodeOrder(reply.upstream, self._budget)
                self._light = frozenset(reply.light)
                self._record.nodes = {node: NodeRecord() for node in reply.upstream}
        elif reply.outcome is Outcome.MISSED:
            self._queue_missed(reply.node)
        else:
            self._finish(reply)
        self._changed()

    def _queue_missed(self, node: str) -> None:
        assert self._order is not None
        if not self._order.wanted(node):
            self._order.withdrawn(node)
        elif node in self._light:
            assert self._lean is not None
            self._lean.launch(node)
            heavy = self._record.nodes.keys() - self._light
            if self._full is None and self._order.leads_to(node, heavy):
                # Its output will be new, so what follows will miss: import while it executes.
                self._full = self._start_worker(lean=False)
        else:
            self._missed.append(node)

    def _launch_missed(self) -> None:
        if not self._missed or (self._full is None and self._data_may_be_refused()):
            return
        if self._full is None:
            self._full = self._start_worker(lean=False)
        if self._full.ready:
            for node in self._missed:
                self._full.launch(node)
            self._missed.clear()

    def _data_may_be_refused(self) -> bool:
        """Whether the cache is about to say what the data gate said; then nothing need run."""
        assert self._order is not None
        looked_up = self._order.running.difference(self._missed)
        return any(self._order.is_before_data_gate(node) for node in looked_up)

    def _start_nodes(self) -> None:
        if self._order is None:
            return
        for node in self._order.startable():
            self._order.started(node)
            self._started_at[node] = time.monotonic()
            self._record.nodes[node].state = NodeState.RUNNING
            if self._full and self._full.ready:
                self._full.launch(node)
            else:
                assert self._lean is not None
                self._lean.look_up(node)
            self._changed()

    def _finish(self, result: NodeResult) -> None:
        assert self._order is not None
        node = self._record.nodes[result.node]
        node.seconds = round(time.monotonic() - self._started_at[result.node], 2)
        node.execution_id = result.execution_id
        node.verdict = result.verdict
        node.cause = result.cause
        node.summary = result.summary
        node.peak_memory_mib = result.peak_memory_mib
        node.cpu_seconds = result.cpu_seconds
        node.outputs = list(result.outputs)
        node.executor_began = result.executor_began
        node.new = result.new
        if result.rows:
            self._rows[result.node] = result.rows
        node.rows = self._rows_read(result.node)
        if result.pushed_version:
            self._record.pushed_version = result.pushed_version
        if result.training:
            self._record.training = result.training
        if result.verdict is not None and not result.verdict["passed"]:
            # A gate's, or that of a failed execution whose data was refused.
            node.cause = str(result.verdict["headline"])
            self._end(result.node, NodeState.STOPPED, RunOutcome.STOPPED)
        elif result.outcome is Outcome.FAILED:
            self._end(result.node, NodeState.FAILED, RunOutcome.FAILED)
        else:
            cached = result.outcome is Outcome.CACHED
            node.state = NodeState.CACHED if cached else NodeState.DONE
            self._order.finished(result.node)

    def _end(self, node: str, state: NodeState, outcome: RunOutcome) -> None:
        """Ends the run because of a node; others that run are let finish."""
        assert self._order is not None
        self._record.nodes[node].state = state
        gates = [its for node, its in self._record.nodes.items() if kind_of(node) == DATA_GATE]
        if any(gate.state is NodeState.STOPPED for gate in gates):
            # What crashed beside it crashed on data that the gate refuses.
            self._record.outcome = RunOutcome.STOPPED
        elif self._record.outcome is not RunOutcome.FAILED:
            # A crash weighs more than any other gate that shut beside it.
            self._record.outcome = outcome
        self._order.stopped_by(node)
        for waiting in [node for node in self._missed if not self._order.wanted(node)]:
            self._order.withdrawn(waiting)
            self._missed.remove(waiting)

    def _rows_read(self, node: str) -> int | None:
        kind = kind_of(node)
        if kind not in _SPLITS_READ or not self._rows:
            return None
        read = [rows for other, rows in self._rows.items() if self._reads(node, other)]
        splits = _SPLITS_READ[kind]
        return sum(
            count for rows in read for split, count in rows.items() if not splits or split in splits
        )

    def _reads(self, node: str, example_gen: str) -> bool:
        """Whether a node reads what one of the ExampleGens wrote: directly, or being it."""
        assert self._order is not None
        return node == example_gen or example_gen in self._order.upstream[node]

    def _cancel(self) -> None:
        """Stops what runs and lets it record that it was stopped."""
        self._record.outcome = RunOutcome.CANCELLED
        if self._order is not None:
            self._order.stop()
        for worker in (self._full, self._lean):
            if worker is not None:
                worker.stop()
        for node in self._record.nodes.values():
            if node.state is NodeState.RUNNING:
                node.state = NodeState.CANCELLED

    def _close(self) -> None:
        for worker in (self._full, self._lean):
            if worker is not None:
                worker.close()
        self._selector.close()
        for node in self._record.nodes.values():
            if node.state in (NodeState.WAITING, NodeState.RUNNING):
                node.state = NodeState.NOT_RUN
        if self._record.outcome is RunOutcome.RUNNING:
            self._record.outcome = RunOutcome.SUCCEEDED
        self._record.ended = now()
        self._changed()

    def _changed(self) -> None:
        self._record.save(self._folder)
        self._observer(self._record)
