"""What a task came to, as its pod tells it to whoever waits for the run.

Kubeflow tells nobody the exit status of a task: its launcher ends with 1 whatever the program ended
with, and after a failure it uploads the program's log and nothing else. So the result is the last
line of the log, and, shortened, the message that Kubernetes keeps of a container that has ended.
Argo puts that into the status of the run, where it outlives the pod.

Source: Kubeflow Pipelines 2.17, backend/src/v2/component/launcher_v2.go; Kubernetes,
`terminationMessagePath` of a container.
"""

from __future__ import annotations

import json
import signal
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.run_summary import exit_status
from pipeline.runs import NodeState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.runs import NodeRecord, RunRecord

# As shells count a process that the kubelet ended: 128 + SIGTERM.
TERMINATED = 128 + signal.SIGTERM
RESULT = "tidemill-result: "
_TROUBLE = (NodeState.FAILED, NodeState.STOPPED)
_TERMINATION_LOG = Path("/dev/termination-log")
_LONGEST_MESSAGE = 4096  # bytes, of Kubernetes
_LONGEST_CAUSE = 500


@dataclass(frozen=True)
class TaskResult:
    """The result of one task.

    Attributes:
        exit_status: What its process exits with.
        outcome: How it ended, in the words of a local run.
        cause: Why it did not succeed, one line; empty otherwise.
        nodes: State, seconds, beginning, summary, cause and verdict of each node.
        pushed_version: Version that was published or found published, or None.
        nothing_new: Whether the whole run was a repetition of an earlier one.
    """

    exit_status: int
    outcome: str
    cause: str = ""
    nodes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pushed_version: str | None = None
    nothing_new: bool = False

    @classmethod
    def of(cls, record: RunRecord) -> TaskResult:
        """Returns the result that the record of a task amounts to."""
        trouble = [node for node, its in record.nodes.items() if its.state in _TROUBLE]
        return cls(
            exit_status(record.outcome, cancelled=TERMINATED),
            record.outcome.value,
            f"{trouble[0]}: {record.nodes[trouble[0]].cause}" if trouble else "",
            {node: _fields(its) for node, its in record.nodes.items()},
            record.pushed_version,
            record.nothing_new,
        )

    def to_line(self) -> str:
        """Returns the last line of the pod's log."""
        return RESULT + json.dumps(asdict(self))

    def to_message(self) -> str:
        """Returns the result without its nodes, short enough for Kubernetes."""
        fields = {**asdict(self), "cause": self.cause[:_LONGEST_CAUSE]}
        del fields["nodes"]
        return RESULT + json.dumps(fields)

    @classmethod
    def found_in(cls, text: str) -> TaskResult | None:
        """Finds a result in a log, or in a message that others have wrapped; the last one counts.

        Args:
            text: Any text.
        """
        _, marker, rest = text.rpartition(RESULT)
        if not marker:
            return None
        try:
            fields, _ = json.JSONDecoder().raw_decode(rest)
            return cls(**fields)
        except (TypeError, ValueError):
            return None


def _fields(its: NodeRecord) -> dict[str, Any]:
    return {
        "state": its.state.value,
        "seconds": its.seconds,
        "executor_began": its.executor_began,
        "summary": its.summary,
        "cause": its.cause,
        "verdict": its.verdict,
    }


def leave_message(result: TaskResult, path: Path = _TERMINATION_LOG) -> None:
    """Leaves the result where Kubernetes looks for it; elsewhere there is no such file."""
    if path.exists():
        path.write_bytes(result.to_message().encode()[:_LONGEST_MESSAGE])
