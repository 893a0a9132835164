"""Which node to start next: what it waits for, and what it needs of the machine.

Pure decisions, without processes or clocks, so that they are tested in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pipeline.node_ids import kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Need(NamedTuple):
    """What one node takes of the machine while it runs.

    Attributes:
        cpus: Cores that it keeps busy.
        memory_gib: Its peak resident size, GiB.
    """

    cpus: int = 1
    memory_gib: float = 1.5


class Budget(NamedTuple):
    """What all running nodes may take together."""

    cpus: int
    memory_gib: float


# The gate on the data. When something else fails first, it still gets to say whether the data is to
# blame, because Transform may run beside it.
DATA_GATE = "ExampleValidator"

# TensorFlow's training uses every core that it is given; with more nodes beside it, all get slower.
_MANY_CPUS = 1 << 10
_NEEDS = {
    "Tuner": Need(cpus=_MANY_CPUS, memory_gib=2.0),
    "Trainer": Need(cpus=_MANY_CPUS, memory_gib=2.0),
}


@dataclass
class NodeOrder:
    """The state of one run's graph.

    Attributes:
        upstream: For each node the nodes that it waits for, in topological order.
        budget: What running nodes may take together.
    """

    upstream: Mapping[str, tuple[str, ...]]
    budget: Budget
    _done: set[str] = field(default_factory=set)
    _ended: set[str] = field(default_factory=set)
    _running: set[str] = field(default_factory=set)
    _stopped: bool = False
    _cancelled: bool = False

    def startable(self) -> list[str]:
        """Returns the nodes to start now, in topological order."""
        starting: list[str] = []
        for node, waits_for in self.upstream.items():
            if node in self._ended or node in self._running or not self._done.issuperset(waits_for):
                continue
            if self.wanted(node) and self._fits(node, starting):
                starting.append(node)
        return starting

    def wanted(self, node: str) -> bool:
        """Whether a node is still to run: all are, until the run has been stopped."""
        if self._cancelled:
            return False
        return not self._stopped or self.is_before_data_gate(node)

    def is_before_data_gate(self, node: str) -> bool:
        """Whether a node is the data gate of some span, or a data gate waits for it."""
        gates = (other for other in self.upstream if kind_of(other) == DATA_GATE)
        return any(node in self._before(gate) for gate in gates)

    def leads_to(self, node: str, others: Collection[str]) -> bool:
        """Whether one of some other nodes will have something new to work on after this one.

        Nobody reads what the data gate writes: its verdict decides alone.
        """
        if kind_of(node) == DATA_GATE:
            return False
        return any(node in self._before(other) for other in others if other != node)

    def started(self, node: str) -> None:
        """Records that a node runs."""
        self._running.add(node)

    def finished(self, node: str) -> None:
        """Records that a node is done and that what waits for it may start."""
        self._running.discard(node)
        self._done.add(node)
        self._ended.add(node)

    def stopped_by(self, node: str) -> None:
        """Records that a node failed or shut its gate: only what the data gate needs is started."""
        self._running.discard(node)
        self._ended.add(node)
        self._stopped = True

    def withdrawn(self, node: str) -> None:
        """Records that a node that was started will not run after all."""
        self._running.discard(node)

    def stop(self) -> None:
        """Starts nothing more."""
        self._cancelled = True

    @property
    def running(self) -> frozenset[str]:
        """The nodes that run now."""
        return frozenset(self._running)

    @property
    def over(self) -> bool:
        """Whether nothing runs and nothing more will."""
        return not self._running and not self.startable()

    def _before(self, node: str) -> set[str]:
        """Returns a node and all that it waits for, directly or not."""
        return {node}.union(*(self._before(other) for other in self.upstream[node]))

    def _fits(self, node: str, starting: list[str]) -> bool:
        beside = [self._need(other) for other in [*self._running, *starting]]
        if not beside:
            return True  # alone, even a node that needs more than the budget has to run
        needs = [*beside, self._need(node)]
        return (
            sum(need.cpus for need in needs) <= self.budget.cpus
            and sum(need.memory_gib for need in needs) <= self.budget.memory_gib
        )

    def _need(self, node: str) -> Need:
        need = _NEEDS.get(node, Need())
        return need._replace(cpus=min(need.cpus, self.budget.cpus))
