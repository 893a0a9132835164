"""Runs on Kubeflow, each as a line."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

from pipeline.kubeflow.client.inspection import inspect_run
from pipeline.kubeflow.client.runs import list_runs
from pipeline.run_summary import outcome_and_place

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.kubeflow.client.connection import Connection
    from pipeline.kubeflow.client.runs import KubeflowRun

_BY_HAND = "submit"


class RunLine(NamedTuple):
    """A run as a line.

    Attributes:
        run_id: Its id.
        created: When it was made.
        pipeline: Name of its pipeline; its own name where that has no version any more.
        by: `submit`, or `schedule`.
        seconds: How long it took; None while it goes on.
        outcome: How it ended, and where.
        pushed: The version that it pushed, or empty.
    """

    run_id: str
    created: datetime
    pipeline: str
    by: str
    seconds: float | None
    outcome: str
    pushed: str


def list_run_lines(connection: Connection, limit: int) -> list[RunLine]:
    """Returns the newest runs, oldest first.

    Args:
        connection: To Kubeflow.
        limit: How many.
    """
    runs = list(itertools.islice(list_runs(connection), limit))
    return [_line(connection, run) for run in reversed(runs)]


def _line(connection: Connection, run: KubeflowRun) -> RunLine:
    inspected = inspect_run(connection, run)
    ended = run.ended if run.is_over else None
    return RunLine(
        run.run_id,
        run.created,
        inspected.pipeline or run.name,
        "schedule" if run.schedule_id else _BY_HAND,
        (ended - run.created).total_seconds() if ended else None,
        outcome_and_place(inspected),
        inspected.pushed_version or "",
    )
