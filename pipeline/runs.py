"""The record of a run: what happened to each node, kept as `run.json` in the run's folder.

People read it through `tidemill status`, and it says how a run ended even when the process that
drove it was killed: a record still RUNNING whose process is gone is reported as lost.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import TYPE_CHECKING, Any

from pipeline.errors import TidemillError
from pipeline.places import Home, RunFolder, is_run_id
from pipeline.processes import is_alive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


class NodeState(str, Enum):
    """Where a node of a run is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CACHED = "cached"
    STOPPED = "stopped"  # a gate that shut
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_RUN = "not run"


class RunOutcome(str, Enum):
    """How a run ended, or that it has not."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    STOPPED = "stopped by a gate"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"  # the process that drove it was killed


class UnreadableRecordError(TidemillError):
    """A file that should be a run's record is not.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, error: Exception) -> None:
        self.path = path
        super().__init__(
            f"{path} is not the record of a run ({error}); remove the folder {path.parent}"
        )


@dataclass
class NodeRecord:
    """What happened to one node.

    Attributes:
        state: Where it is.
        seconds: How long its launch took, wall-clock.
        rows: Rows that it read, where that is known.
        cause: Why it failed or stopped the run, one line.
        summary: What happened, one line, from nodes that have something to say.
        verdict: A gate's verdict (`components.gates.Verdict` as a mapping), or None.
        execution_id: Id in ML Metadata.
        peak_memory_mib: Largest resident size of its process.
        cpu_seconds: What its process used, user and system time, of all cores together.
        outputs: Ids of its output artifacts in ML Metadata.
        executor_began: When its executor began, seconds since the epoch; None if it did not.
        new: Whether it did something that no earlier run had done.
    """

    state: NodeState = NodeState.WAITING
    seconds: float | None = None
    rows: int | None = None
    cause: str = ""
    summary: str = ""
    verdict: Mapping[str, Any] | None = None
    execution_id: int | None = None
    peak_memory_mib: int | None = None
    cpu_seconds: float | None = None
    outputs: list[int] = field(default_factory=list)
    executor_began: float | None = None
    new: bool = True

    @property
    def rows_per_second(self) -> float | None:
        """Rows over seconds, for a node that was executed on a known number of rows."""
        if self.state is not NodeState.DONE or not self.rows or not self.seconds:
            return None
        return self.rows / self.seconds

    @property
    def warns(self) -> bool:
        """Whether it is a gate that let something pass which a person should see."""
        return self.verdict is not None and bool(self.verdict.get("warns"))


@dataclass
class RunRecord:
    """What happened in one run.

    Attributes:
        run_id: Id of the run.
        pipeline: Name of the pipeline.
        use_case: Folder of the use case.
        started: When it started, UTC, ISO 8601.
        pid: The process that drives it.
        ended: When it ended, UTC, ISO 8601; None while it runs.
        outcome: How it ended.
        nodes: Records by node id, in topological order.
        pushed_version: Version that was published or found published.
        training: How its model was trained (`components.trainer.fit_record`): run, seed,
            hyperparameters and their search, the model it started from; None until it was.
        notes: What a person should know of the data that the run uses, one line each.
        process_birth: When that process started (`pipeline.processes.birth_of`).
        nothing_new: Whether data, code and configuration were those of an earlier run.
        same_as: That run, if it is still on record.
        model_store: Folder of the model store that it pushes to.
    """

    run_id: str
    pipeline: str
    use_case: str
    started: str
    pid: int
    ended: str | None = None
    outcome: RunOutcome = RunOutcome.RUNNING
    nodes: dict[str, NodeRecord] = field(default_factory=dict)
    pushed_version: str | None = None
    training: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    process_birth: str = ""
    nothing_new: bool = False
    same_as: str | None = None
    model_store: str = ""

    def to_json(self) -> str:
        """Returns the record as the text of `run.json`."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> RunRecord:
        """Reads what `to_json` wrote."""
        fields = json.loads(text)
        fields["outcome"] = RunOutcome(fields["outcome"])
        fields["nodes"] = {
            node: NodeRecord(**{**record, "state": NodeState(record["state"])})
            for node, record in fields["nodes"].items()
        }
        fields["notes"] = tuple(fields.get("notes", ()))
        return cls(**fields)

    def save(self, folder: RunFolder) -> None:
        """Writes `run.json`, so that a reader sees the old record or the new one.

        Also after a power failure: some file systems would then show a renamed file empty.
        """
        partial = folder.record.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as file:
            file.write(self.to_json())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder.record)

    @classmethod
    def load(cls, folder: RunFolder) -> RunRecord:
        """Reads `run.json`; a run whose process is gone is LOST.

        Raises:
            FileNotFoundError: The run has no record yet.
            UnreadableRecordError: The file is no record.
        """
        try:
            record = cls.from_json(folder.record.read_text(encoding="utf-8"))
        except (ValueError, TypeError, KeyError) as error:
            raise UnreadableRecordError(folder.record, error) from error
        if record.outcome is RunOutcome.RUNNING and not is_alive(record.pid, record.process_birth):
            record.outcome = RunOutcome.LOST
        return record


def now() -> str:
    """Returns the time, UTC, ISO 8601 to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def new_run(home: Home, moment: datetime) -> RunFolder:
    """Makes the folder of a new run, named by the time; a second one in a second gets a number.

    Args:
        home: Where runs lie.
        moment: When the run starts, in UTC.
    """
    name = moment.strftime("%Y%m%d-%H%M%S")
    home.runs.mkdir(parents=True, exist_ok=True)
    for number in range(1, 1000):
        folder = home.run(name if number == 1 else f"{name}-{number}")
        try:
            folder.root.mkdir()
        except FileExistsError:
            continue
        folder.logs.mkdir()
        return folder
    raise RuntimeError(f"a thousand runs in one second in {home.runs}")


def list_runs(home: Home) -> list[RunRecord]:
    """Returns the records of all runs, oldest first."""
    return [RunRecord.load(folder) for folder in run_folders(home) if folder.record.exists()]


def readable_records(folders: Iterable[RunFolder]) -> Iterator[RunRecord]:
    """Yields the records of runs, passing over folders without one and files that are none."""
    for folder in folders:
        with contextlib.suppress(FileNotFoundError, UnreadableRecordError):
            yield RunRecord.load(folder)


def run_folders(home: Home) -> list[RunFolder]:
    """Returns the folders of all runs, oldest first; one may have no record yet."""
    if not home.runs.is_dir():
        return []
    names = sorted((p.name for p in home.runs.iterdir() if is_run_id(p.name)), key=_by_time)
    return [home.run(name) for name in names]


def settle(folder: RunFolder) -> None:
    """Writes into the record of a run that was killed how it ended.

    Args:
        folder: Folder of a run of which no process is left.
    """
    record = next(readable_records([folder]), None)
    if record is None or record.outcome is not RunOutcome.LOST:
        return
    for node in record.nodes.values():
        if node.state is NodeState.RUNNING:
            node.state = NodeState.FAILED
            node.cause = "killed together with the run"
        elif node.state is NodeState.WAITING:
            node.state = NodeState.NOT_RUN
    record.save(folder)


def _by_time(run_id: str) -> tuple[str, int]:
    day, time, *number = run_id.split("-")
    return f"{day}-{time}", int(number[0]) if number else 1
