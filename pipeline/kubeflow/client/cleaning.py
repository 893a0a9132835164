"""Which runs of a pipeline can go from Kubeflow."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipeline.kubeflow.client.runs import list_runs
from pipeline.kubeflow.client.upload import find_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.kubeflow.client.connection import Connection
    from pipeline.kubeflow.client.runs import KubeflowRun


def old_runs(connection: Connection, pipeline: str, keep: int) -> list[KubeflowRun]:
    """Returns the runs of a pipeline that can go.

    Args:
        connection: To Kubeflow.
        pipeline: Name of the pipeline.
        keep: How many of each outcome stay.
    """
    pipeline_id = find_pipeline(connection, pipeline)
    if pipeline_id is None:
        return []
    runs = (run for run in list_runs(connection) if run.pipeline_id == pipeline_id)
    return superfluous(runs, keep)


def superfluous(runs: Iterable[KubeflowRun], keep: int) -> list[KubeflowRun]:
    """Returns the runs that have ended, but for the newest of each outcome.

    Args:
        runs: Runs, newest first.
        keep: How many of each outcome stay.
    """
    seen: Counter[str] = Counter()
    old = []
    for run in runs:
        seen[run.state] += 1
        if run.is_over and seen[run.state] > keep:
            old.append(run)
    return old
