"""Cleaning a pipeline's part of a home: what goes, and making it go.

ML Metadata is told first and files are removed after: a cleaning that is interrupted leaves files
that no artifact owns, and the next one removes those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.contents import is_intact
from pipeline.node_ids import is_of_span
from pipeline.retention.files import (
    Waste,
    measured,
    remnants_of_run,
    remove,
    unowned_outputs,
)
from pipeline.retention.lineage import (
    claimed_from_elsewhere,
    executions_of,
    live_among,
    mark_deleted,
    pushes_among,
    uses_of,
)
from pipeline.retention.policy import RunFacts, artifacts_to_keep, runs_to_keep
from pipeline.runs import RunOutcome, RunRecord, readable_records, run_folders

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pipeline.places import Home, RunFolder

NOTHING_NEW = "nothing new"


@dataclass(frozen=True)
class Plan:
    """What a cleaning removes.

    Attributes:
        artifacts: Messages of the artifacts that ML Metadata will have as DELETED.
        outputs: Folders of outputs.
        remnants: Files and folders of older runs.
    """

    artifacts: Sequence[Any]
    outputs: Sequence[Waste]
    remnants: Sequence[Waste]

    @property
    def size(self) -> int:
        """Bytes of it all."""
        return sum(waste.size for waste in (*self.outputs, *self.remnants))


def mend(store: Any, folder: Path) -> list[Any]:
    """Marks as DELETED what ML Metadata has as LIVE and whose files are not there, or not whole.

    So neither the cache nor a resolver offers it: the node that made it is executed again.

    Args:
        store: The `MetadataStore`.
        folder: Where the pipeline's artifacts lie.

    Returns:
        The messages of these artifacts.
    """
    live = live_among(store.get_artifacts(), folder)
    harmed = [artifact for artifact in live if not is_intact(artifact)]
    mark_deleted(store, harmed)
    return harmed


def plan(
    store: Any,
    home: Home,
    pipeline: str,
    keep_runs: int | None,
    window: Collection[int] = (),
) -> Plan:
    """Returns what goes; no run may be going on in the home but one that has not begun.

    Args:
        store: The `MetadataStore`.
        home: Where state lies.
        pipeline: Name of the pipeline.
        keep_runs: How many runs of each outcome are kept; None keeps all, and only what interrupted
            runs and cleanings left behind goes.
        window: Numbers of the spans whose data stays, whichever runs used it: the next run does.
    """
    folder = home.artifacts / pipeline
    if keep_runs is None:
        return plan_outputs(store, folder, None)
    runs = _runs_with_outputs(home, pipeline)
    kept_runs = runs_to_keep([_facts(record) for _, record in runs], keep_runs)
    older = [(place, record) for place, record in runs if record.run_id not in kept_runs]
    remnants = [path for place, record in older for path in _remnants(place, record)]
    outputs = plan_outputs(store, folder, kept_runs, window)
    return replace(outputs, remnants=measured(remnants))


def plan_outputs(
    store: Any, folder: Path, kept_runs: Collection[str] | None, window: Collection[int] = ()
) -> Plan:
    """Returns which outputs go; no node that writes into the folder may be running.

    Args:
        store: The `MetadataStore`.
        folder: Where the pipeline's artifacts lie.
        kept_runs: Ids of the runs that are kept; None keeps all.
        window: Numbers of the spans whose data stays.
    """
    artifacts = store.get_artifacts()
    live = live_among(artifacts, folder)
    going: list[Any] = []
    if kept_runs is not None:
        kept = _kept(store, live, kept_runs) | _of_spans(live, folder, window)
        going = [artifact for artifact in live if artifact.id not in kept]
    gone = {artifact.id for artifact in going}
    owned = {Path(artifact.uri) for artifact in live if artifact.id not in gone}
    owned |= claimed_from_elsewhere(artifacts, folder)
    return Plan(going, measured(unowned_outputs(folder, owned)), ())


def carry_out(store: Any, decided: Plan) -> None:
    """Makes go what a plan says, in an order in which it can be interrupted."""
    mark_deleted(store, decided.artifacts)
    for waste in (*decided.outputs, *decided.remnants):
        remove(waste.path)


def _runs_with_outputs(home: Home, pipeline: str) -> list[tuple[RunFolder, RunRecord]]:
    """Returns the runs of a pipeline that were not cleaned yet and have ended, oldest first."""
    # A run that was cleaned has no logs; its record need not be read again in every run.
    records = readable_records(folder for folder in run_folders(home) if folder.logs.exists())
    return [
        (home.run(record.run_id), record)
        for record in records
        if record.pipeline == pipeline and record.outcome is not RunOutcome.RUNNING
    ]


def _facts(record: RunRecord) -> RunFacts:
    outcome = NOTHING_NEW if record.nothing_new else record.outcome.value
    return RunFacts(record.run_id, outcome)


def _kept(store: Any, live: Sequence[Any], kept_runs: Iterable[str]) -> set[int]:
    return artifacts_to_keep(
        {artifact.id: artifact.type for artifact in live},
        uses_of(store, [artifact.id for artifact in live]),
        executions_of(store, kept_runs),
        pushes_among(live),
    )


def _of_spans(live: Sequence[Any], folder: Path, window: Collection[int]) -> set[int]:
    """Returns the ids of what nodes made that are a span's own."""
    nodes = {artifact.id: Path(artifact.uri).relative_to(folder).parts[0] for artifact in live}
    return {i for i, node in nodes.items() if any(is_of_span(node, span) for span in window)}


def _remnants(folder: RunFolder, record: RunRecord) -> list[Path]:
    # Of a run without anything new not even the record is worth keeping.
    return remnants_of_run(folder, with_record=record.nothing_new)
