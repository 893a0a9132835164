"""Whether a run did anything that an earlier one had not done, and which one that was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.runs import NodeState, RunOutcome, RunRecord

if TYPE_CHECKING:
    from collections.abc import Iterable


def is_repeat(record: RunRecord) -> bool:
    """Whether a run succeeded without anything new: same data, same code, same configuration."""
    succeeded = record.outcome is RunOutcome.SUCCEEDED
    return succeeded and not any(node.new for node in record.nodes.values())


def repeated_run(record: RunRecord, earlier: Iterable[RunRecord]) -> str | None:
    """Returns the id of the run whose outputs another run was answered with.

    That is the first run in which all of these outputs came together.

    Args:
        record: A run without anything new.
        earlier: The runs before it, newest first; of which as few are read as possible.
    """
    for candidate in earlier:
        if candidate.pipeline == record.pipeline and _has_outputs_of(record, candidate):
            return candidate.same_as or candidate.run_id
    return None


def _has_outputs_of(record: RunRecord, candidate: RunRecord) -> bool:
    cached = {
        node: its.outputs for node, its in record.nodes.items() if its.state is NodeState.CACHED
    }
    return all(
        node in candidate.nodes and candidate.nodes[node].outputs == outputs
        for node, outputs in cached.items()
    )
