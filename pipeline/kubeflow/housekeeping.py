"""What the first task of a run puts in order: what earlier runs left, what nobody keeps.

It holds the pipeline's lease, and no other task of its run begins before it has ended: no node of
the pipeline runs meanwhile.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config.base import is_uri
from pipeline.kubeflow.known_runs import known_runs, record_outcome
from pipeline.push_record import record_unrecorded
from pipeline.retention.cleaning import NOTHING_NEW, carry_out, mend, plan_outputs
from pipeline.retention.lineage import fail_active
from pipeline.retention.policy import RunFacts, runs_to_keep
from pipeline.runs import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pipeline.config.models import PipelineConfig
    from pipeline.runs import RunRecord

_MB = 1e6


def put_in_order(
    store: Any, run_id: str, config: PipelineConfig, artifacts: str, window: Collection[int]
) -> list[str]:
    """Makes a pipeline ready for a run, whatever happened to the runs before it.

    Outputs in a bucket stay as they are: retention knows folders only.

    Args:
        store: The `MetadataStore`.
        run_id: The run that is about to begin.
        config: The resolved configuration of the pipeline.
        artifacts: Folder or URI of the pipeline's artifacts.
        window: Numbers of the spans whose data stays.

    Returns:
        What was done, as lines for people.
    """
    earlier = [run for run in known_runs(store, config.name) if run.run_id != run_id]
    for run in earlier:
        if not run.outcome:
            # Its pods are gone, or it would still hold the lease.
            fail_active(store, run.run_id)
            record_outcome(store, run.run_id, RunOutcome.FAILED.value)
    said = [] if is_uri(artifacts) else list(_mended(store, Path(artifacts)))
    said += _found_pushes(store, config, artifacts)
    if is_uri(artifacts):
        return said
    facts = [RunFacts(run.run_id, run.outcome or RunOutcome.FAILED.value) for run in earlier]
    keep_runs = config.pipeline.keep_runs
    kept = None if keep_runs is None else runs_to_keep(facts, keep_runs) | {run_id}
    return [*said, *_clean(store, Path(artifacts), kept, window)]


def outcome_of_run(record: RunRecord) -> str:
    """Returns how a run ended, from the record of the task that ended it."""
    return NOTHING_NEW if record.nothing_new else record.outcome.value


def _mended(store: Any, folder: Path) -> Iterable[str]:
    for artifact in mend(store, folder):
        yield f"{artifact.uri} is gone or not whole; its node will run again"


def _found_pushes(store: Any, config: PipelineConfig, artifacts: str) -> Iterable[str]:
    models = config.kubeflow.model_store or config.pusher.model_store
    if models is not None:
        for origin in record_unrecorded(store, Path(models) / config.name, artifacts):
            yield f"the metadata service did not know of version {origin.version}; it does now"


def _clean(
    store: Any, folder: Path, kept_runs: Collection[str] | None, window: Collection[int]
) -> Iterable[str]:
    decided = plan_outputs(store, folder, kept_runs, window)
    try:
        carry_out(store, decided)
    except OSError as error:
        yield f"some outputs of earlier runs could not be removed: {error}"
        return
    if decided.outputs:
        count = len(decided.outputs)
        noun = "output" if count == 1 else "outputs"
        yield f"removed {count} {noun} of earlier runs, {decided.size / _MB:.1f} MB"
