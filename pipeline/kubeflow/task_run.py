"""Runs the nodes of one task, as a local run does, against the metadata service."""

from __future__ import annotations

import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import lean_imports
from pipeline.config.models import PipelineConfig
from pipeline.config.paths import resolve_data_path
from pipeline.config.spans import resolve_spans, spans_in_window
from pipeline.home_lock import locked
from pipeline.kubeflow.chosen_spans import choice_of_run
from pipeline.kubeflow.client.run_state import has_ended
from pipeline.kubeflow.code_identity import check_code, code_identity
from pipeline.kubeflow.housekeeping import outcome_of_run, put_in_order
from pipeline.kubeflow.kfp_outputs import write_metrics, write_report
from pipeline.kubeflow.known_runs import record_outcome
from pipeline.kubeflow.lease import Lease
from pipeline.kubeflow.lost_worker import run_nodes
from pipeline.kubeflow.payload import TaskPayload, decode
from pipeline.kubeflow.pod_display import PodDisplay
from pipeline.kubeflow.task_result import TaskResult, leave_message
from pipeline.local.run import budget_of
from pipeline.local.runner import LocalRunner
from pipeline.metadata.patient_store import PatientStore, client_config
from pipeline.places import Home
from pipeline.project import PROJECT
from pipeline.repeats import is_repeat
from pipeline.reports.task_report import metrics_of, report_of
from pipeline.request import TaskRequest
from pipeline.retention.lineage import anything_executed
from pipeline.runs import RunOutcome, RunRecord, now
from pipeline.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.example_gen.window import Choice

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TaskArguments:
    """The arguments of the pod's command; `pipeline.kubeflow.entrypoint` describes them."""

    task: str
    nodes: str
    run_id: str
    pipeline_root: str
    span: str
    report: str
    executor_input: str


def run_task(given: TaskArguments) -> int:
    """Runs a task and returns the exit status.

    Raises:
        TidemillError: It cannot even begin: the image holds other code, the data is not there.
    """
    payload = TaskPayload.decode(given.task)
    use_case = UseCase.open(PROJECT / payload.use_case)
    check_code(payload.code, code_identity(use_case.folder, payload.beside))
    config = PipelineConfig.model_validate(payload.config, strict=False)
    store = PatientStore(client_config(config.kubeflow.metadata))
    display = PodDisplay()
    lease = Lease(store, config.name, given.run_id)
    lease.acquire(display.waits_for, has_ended)
    lease.keep()
    ends_run = True
    try:
        choice = choice_of_run(
            store,
            given.run_id,
            config.name,
            lambda: resolve_spans(config, use_case.folder, given.span or None),
        )
        artifacts = f"{given.pipeline_root or config.kubeflow.pipeline_root}/{config.name}"
        if payload.first:
            window = {span.number for span in choice.spans}
            window |= spans_in_window(config, use_case.folder)
            display.tell(put_in_order(store, given.run_id, config, artifacts, window))
        record = _run(given, config, use_case, choice, artifacts, display)
        record.nothing_new = (
            payload.last and is_repeat(record) and not anything_executed(store, given.run_id)
        )
        ends_run = payload.last or record.outcome is not RunOutcome.SUCCEEDED
        if ends_run:
            record_outcome(store, given.run_id, outcome_of_run(record))
    finally:
        # Beside others it cannot know whether it is the last to end: they keep the lease.
        (lease.release if ends_run and payload.alone else lease.leave)()
    return conclude(record, display, leave_message, lambda: _leave_outputs(given, record, store))


def conclude(
    record: RunRecord,
    display: PodDisplay,
    leave_result: Callable[[TaskResult], None],
    leave_report: Callable[[], None],
) -> int:
    """Tells everybody what a task came to, and returns the exit status.

    Args:
        record: What happened.
        display: The pod's log.
        leave_result: Leaves the result where Kubernetes looks for it.
        leave_report: Leaves what Kubeflow's pages show; a failure of it is none of the task.
    """
    display.finish()
    result = TaskResult.of(record)
    leave_result(result)
    try:
        leave_report()
    except Exception as error:  # noqa: BLE001 - whatever it met, the nodes have done their work
        _log.warning("Kubeflow shows no report of this task: %s", error, exc_info=True)
    display.result(result)
    return result.exit_status


def _run(
    given: TaskArguments,
    config: PipelineConfig,
    use_case: UseCase,
    choice: Choice,
    artifacts: str,
    display: PodDisplay,
) -> RunRecord:
    with tempfile.TemporaryDirectory(prefix="tidemill-", ignore_cleanup_errors=True) as root:
        home = Home(Path(root), config.kubeflow.metadata)
        folder = home.run(given.run_id)
        folder.logs.mkdir(parents=True)
        request = TaskRequest(
            compiled=decode(given.nodes),
            artifacts=artifacts,
            data="" if choice.spans else resolve_data_path(config, use_case.folder),
            data_format=config.data.format,
            spans=choice.spans,
        )
        request.save(folder.request)
        record = RunRecord(
            given.run_id,
            config.name,
            str(use_case.folder),
            started=now(),
            pid=os.getpid(),
            notes=choice.notes,
        )
        with locked(home) as lock:
            runner = LocalRunner(
                home,
                folder,
                record,
                use_case.import_root,
                budget_of(config.resources),
                lambda changed: display.show(changed, folder),
                lock,
            )
            return run_nodes(runner, record, display)


def _leave_outputs(given: TaskArguments, record: RunRecord, store: Any) -> None:
    """Writes what Kubeflow's pages show; after a failure too, when people look at it most."""
    # Outputs may lie in a bucket, and their formats are TFX's.
    lean_imports.install()
    ids = [artifact for its in record.nodes.values() for artifact in its.outputs]
    artifacts = store.get_artifacts_by_id(ids) if ids else []
    write_report(Path(given.report), report_of(record, artifacts))
    write_metrics(given.executor_input, metrics_of(record, artifacts))
