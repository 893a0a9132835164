"""What a run found out about its data: its statistics and its schema, as files of its artifacts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.data_validation import STATISTICS_FILE
from components.schema_artifact import SCHEMA_FILE
from pipeline.metadata.local_store import open_local
from pipeline.request import RunRequest
from pipeline.runs import RunRecord, list_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.places import Home

_SPLIT = "Split-"


@dataclass(frozen=True)
class Evidence:
    """What one run left.

    Attributes:
        run_id: The run.
        data: Folder, file or glob that it read.
        statistics: File of the statistics of each split, by its name.
        inferred_schema: File of the schema that it inferred, or None where it was given one or
            came not that far.
        later_runs: Ids of later runs of the same pipeline, which left no statistics.
    """

    run_id: str
    data: str
    statistics: dict[str, Path]
    inferred_schema: Path | None
    later_runs: tuple[str, ...] = ()


def latest_evidence(home: Home, use_case: Path, pipeline: str) -> Evidence | None:
    """Returns what the latest run left that has statistics still; None where there is none.

    Args:
        home: Where runs lie.
        use_case: Folder of the use case, absolute.
        pipeline: Name of the pipeline.
    """
    if not home.metadata.is_file():
        return None
    later: list[str] = []
    with open_local(home.metadata, write=False) as store:
        for record in reversed(list_runs(home)):
            if record.pipeline != pipeline or Path(record.use_case) != use_case:
                continue
            statistics = dict(_statistics(store, record))
            if statistics:
                request = RunRequest.load(home.run(record.run_id).request)
                return _evidence(store, record, request, statistics, tuple(later))
            later.insert(0, record.run_id)
    return None


def _evidence(
    store: Any,
    record: RunRecord,
    request: RunRequest,
    statistics: dict[str, Path],
    later: tuple[str, ...],
) -> Evidence:
    schemas = [folder / SCHEMA_FILE for _, folder in _outputs(store, record, "SchemaGen")]
    inferred = schemas if request.curated_schema is None else []
    return Evidence(
        record.run_id,
        request.data,
        statistics,
        next((path for path in inferred if path.is_file()), None),
        later,
    )


def _statistics(store: Any, record: RunRecord) -> Iterator[tuple[str, Path]]:
    """Yields the splits with their files, those that a model learns from first."""
    for part, folder in _outputs(store, record, "StatisticsGen"):
        files = folder.glob(f"{_SPLIT}*/{STATISTICS_FILE}")
        for path in sorted(files, key=lambda path: path.parent.name, reverse=True):
            split = path.parent.name.removeprefix(_SPLIT)
            yield f"{split} of {part}" if part else split, path


def _outputs(store: Any, record: RunRecord, kind: str) -> Iterator[tuple[str, Path]]:
    """Yields the folders of what nodes of a kind wrote or took from the cache.

    In front of each stands what follows the kind in the node's id: `part` in `StatisticsGen.part`.
    """
    for node, its in record.nodes.items():
        its_kind, _, part = node.partition(".")
        if its_kind == kind and its.execution_id is not None:
            for folder in _output_folders(store, its.execution_id):
                yield part, folder


def _output_folders(store: Any, execution_id: int) -> list[Path]:
    events = store.get_events_by_execution_ids([execution_id])
    ids = [event.artifact_id for event in events if event.type == event.OUTPUT]
    return [Path(artifact.uri) for artifact in store.get_artifacts_by_id(ids)] if ids else []
