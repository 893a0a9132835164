"""Where a pipeline keeps its things: the home folder and what lies in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}(-[0-9]+)?")


@dataclass(frozen=True)
class Home:
    """The folder of all state (`.tidemill`), shared by every pipeline that runs in it.

    Attributes:
        root: Absolute path of the folder.
        metadata_service: `HOST:PORT` of the metadata service that stands in for the file, or None.
    """

    root: Path
    metadata_service: str | None = None

    @property
    def metadata(self) -> Path:
        """SQLite file of ML Metadata."""
        return self.root / "metadata.db"

    @property
    def artifacts(self) -> Path:
        """TFX's pipeline root: what nodes write."""
        return self.root / "artifacts"

    @property
    def models(self) -> Path:
        """The model store, unless the configuration names another."""
        return self.root / "models"

    @property
    def runs(self) -> Path:
        """One folder for each run."""
        return self.root / "runs"

    @property
    def lock(self) -> Path:
        """Held by the run in progress."""
        return self.root / "lock"

    def run(self, run_id: str) -> RunFolder:
        """Returns the folder of a run."""
        return RunFolder(self.runs / run_id)


@dataclass(frozen=True)
class RunFolder:
    """What is kept about one run.

    Attributes:
        root: Absolute path; its name is the run's id.
    """

    root: Path

    @property
    def run_id(self) -> str:
        """Id of the run: when it started, in UTC."""
        return self.root.name

    @property
    def record(self) -> Path:
        """State of the run and its nodes, JSON (`pipeline.runs`)."""
        return self.root / "run.json"

    @property
    def request(self) -> Path:
        """What was asked for: resolved configuration, use case and places, JSON."""
        return self.root / "request.json"

    @property
    def compiled(self) -> Path:
        """The TFX IR of the run, a serialized `tfx.orchestration.Pipeline`."""
        return self.root / "pipeline.pb"

    @property
    def logs(self) -> Path:
        """One log for each node, and those of the workers."""
        return self.root / "logs"

    def log(self, node_id: str) -> Path:
        """Returns the log of a node."""
        return self.logs / f"{node_id}.log"

    def result(self, node_id: str) -> Path:
        """Returns what a node's process reports, JSON."""
        return self.root / "results" / f"{node_id}.json"


def is_run_id(name: str) -> bool:
    """Whether a folder's name is a run's id."""
    return _RUN_ID.fullmatch(name) is not None
