"""Runs on Kubeflow: starting, finding, reading, terminating, retrying and deleting them."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pipeline.errors import UsageError
from pipeline.kubeflow.client.moments import EPOCH, moment_of
from pipeline.kubeflow.client.upload import equals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline.kubeflow.client.connection import Connection
    from pipeline.kubeflow.client.upload import Version

FINAL = frozenset({"SUCCEEDED", "SKIPPED", "FAILED", "CANCELED"})
_CANCELING = frozenset({"CANCELING", "CANCELED"})
_RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NEWEST_FIRST = "created_at desc"
_SEARCHED = 200


@dataclass(frozen=True)
class TaskState:
    """Where a task of a run is.

    Attributes:
        state: As Kubeflow calls it, such as `RUNNING`; empty for one that was left out.
        started: When it started, or None.
        ended: When it ended, or None.
    """

    state: str
    started: datetime | None = None
    ended: datetime | None = None


@dataclass(frozen=True)
class KubeflowRun:
    """A run as Kubeflow knows it.

    Attributes:
        run_id: Its id.
        name: Its name.
        state: As Kubeflow calls it, such as `SUCCEEDED`.
        created: When it was made.
        ended: When it ended, or None.
        pipeline_id: Id of its pipeline; empty if it has none.
        version_id: Id of the pipeline's version; empty if it has none.
        schedule_id: Id of the schedule that started it; empty if a person did.
        cancelled: Whether somebody terminated it: Kubeflow counts it as failed.
        tasks: Its tasks' states by name, with rows that are no tasks of the pipeline.
    """

    run_id: str
    name: str
    state: str
    created: datetime
    ended: datetime | None = None
    pipeline_id: str = ""
    version_id: str = ""
    schedule_id: str = ""
    cancelled: bool = False
    tasks: Mapping[str, TaskState] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state in FINAL


def run_name(pipeline: str) -> str:
    """Returns a name for a run that starts now."""
    return f"{pipeline}-{datetime.now(timezone.utc):%Y%m%d-%H%M%S}"


def create_run(
    connection: Connection,
    version: Version,
    name: str,
    experiment: str,
    parameters: Mapping[str, str],
    service_account: str | None,
) -> str:
    """Starts a run of a pipeline's version.

    Args:
        connection: To Kubeflow.
        version: What to run.
        name: Name of the run.
        experiment: Id of the experiment.
        parameters: Every parameter of the pipeline.
        service_account: Service account of its pods; None: Kubeflow's.

    Returns:
        The run's id.
    """
    from kfp_server_api import V2beta1PipelineVersionReference, V2beta1Run, V2beta1RuntimeConfig

    reference = V2beta1PipelineVersionReference(
        pipeline_id=version.pipeline_id, pipeline_version_id=version.version_id
    )
    made = connection.call(
        "start the run",
        connection.client.runs.run_service_create_run,
        run=V2beta1Run(
            display_name=name,
            experiment_id=experiment,
            pipeline_version_reference=reference,
            runtime_config=V2beta1RuntimeConfig(parameters=dict(parameters)),
            service_account=service_account,
        ),
    )
    return str(made.run_id)


def get_run(connection: Connection, run_id: str) -> KubeflowRun:
    """Reads a run with its tasks.

    Raises:
        NotFoundError: There is none.
    """
    run = connection.call(
        f"read the run {run_id}", connection.client.runs.run_service_get_run, run_id=run_id
    )
    return read_run(run)


def list_runs(connection: Connection, **fields: str) -> Iterator[KubeflowRun]:
    """Yields runs, newest first.

    Args:
        connection: To Kubeflow.
        **fields: What their fields must be, such as `recurring_run_id`.
    """
    for run in connection.pages(
        "list the runs",
        connection.client.runs.run_service_list_runs,
        "runs",
        namespace=connection.namespace,
        sort_by=_NEWEST_FIRST,
        filter=equals(**fields) if fields else None,
    ):
        yield read_run(run)


def find_run(connection: Connection, name: str) -> str:
    """Returns the id of a run named by its id, the beginning of its id, its name, or `latest`.

    Raises:
        UsageError: No run, or more than one, is meant.
    """
    if _RUN_ID.fullmatch(name):
        return name
    runs = list(itertools.islice(list_runs(connection), _SEARCHED))
    if name == "latest" and runs:
        return runs[0].run_id
    named = [run.run_id for run in runs if run.name == name or run.run_id.startswith(name)]
    if len(named) == 1:
        return named[0]
    problem = f"{len(named)} runs are called {name}" if named else f"no run {name} on Kubeflow"
    raise UsageError(f"{problem}; `tidemill status --kubeflow` lists them")


def terminate_run(connection: Connection, run_id: str) -> None:
    """Has a run end."""
    function = connection.client.runs.run_service_terminate_run
    connection.call(f"terminate the run {run_id}", function, run_id=run_id)


def retry_run(connection: Connection, run_id: str) -> None:
    """Runs the failed tasks of a run, and what follows them, again."""
    function = connection.client.runs.run_service_retry_run
    connection.call(f"retry the run {run_id}", function, run_id=run_id)


def delete_run(connection: Connection, run_id: str) -> None:
    """Removes a run from Kubeflow."""
    function = connection.client.runs.run_service_delete_run
    connection.call(f"delete the run {run_id}", function, run_id=run_id)


def read_run(run: Any) -> KubeflowRun:
    """Reads a `V2beta1Run`."""
    reference = run.pipeline_version_reference
    history = {status.state for status in run.state_history or ()}
    details = run.run_details.task_details if run.run_details else None
    return KubeflowRun(
        run_id=run.run_id,
        name=run.display_name or "",
        state=run.state or "PENDING",
        created=run.created_at or EPOCH,
        ended=moment_of(run.finished_at),
        pipeline_id=reference.pipeline_id or "" if reference else "",
        version_id=reference.pipeline_version_id or "" if reference else "",
        schedule_id=run.recurring_run_id or "",
        cancelled=bool(history & _CANCELING),
        tasks={
            task.display_name: TaskState(
                task.state or "", moment_of(task.start_time), moment_of(task.end_time)
            )
            for task in details or ()
        },
    )
