"""What the log of a pod shows of its task: what a local run prints, and every node's own log.

A pod's files are gone when it ends, so the logs of its nodes must be in its own. `tidemill logs`
finds them between two lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from pipeline.cli.display import PlainDisplay
from pipeline.runs import NodeRecord, NodeState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.kubeflow.task_result import TaskResult
    from pipeline.places import RunFolder
    from pipeline.runs import RunRecord

LOG_BEGINS = "tidemill-log begins: "
LOG_ENDS = "tidemill-log ends: "
_EXECUTED = (NodeState.DONE, NodeState.FAILED, NodeState.STOPPED, NodeState.CANCELLED)


class PodDisplay(PlainDisplay):
    """Follows one task, for the log of its pod."""

    def waits_for(self, run_id: str) -> None:
        """Says that another run of the pipeline is to end first."""
        self.console.print(f"waiting for run {run_id} of this pipeline to end", markup=False)

    def tell(self, lines: Iterable[str]) -> None:
        """Prints lines."""
        for line in lines:
            self.console.print(line, markup=False)

    @override
    def started(self, record: RunRecord, folder: RunFolder) -> None:
        for note in record.notes:
            self.console.print(note, markup=False)

    @override
    def changed(self, node: str, record: NodeRecord, folder: RunFolder) -> None:
        log = folder.log(node)
        if record.state in _EXECUTED and log.exists():
            self.log_file(node, log)
        super().changed(node, record, folder)

    def log_file(self, name: str, log: Path) -> None:
        """Prints a file, whose name goes with the pod."""
        text = log.read_text(encoding="utf-8", errors="replace")
        self.tell([f"{LOG_BEGINS}{name}", text.rstrip(), f"{LOG_ENDS}{name}"])

    def result(self, result: TaskResult) -> None:
        """Prints the task's result, for other programs; nothing may follow."""
        self.console.print(result.to_line(), markup=False)

    @override
    def log_of(self, node: str) -> str | None:
        return None  # it stands above
