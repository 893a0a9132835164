"""One run on this machine, from a configuration to its record."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pipeline.config.paths import resolve_data_path, resolve_model_store, resolve_schema_file
from pipeline.config.spans import resolve_spans
from pipeline.container_limits import container_limits
from pipeline.home_lock import locked
from pipeline.local.node_order import Budget
from pipeline.local.runner import LocalRunner
from pipeline.metadata.local_file import check_metadata
from pipeline.places import Home, RunFolder
from pipeline.processes import birth_of
from pipeline.repeats import is_repeat, repeated_run
from pipeline.request import RunRequest
from pipeline.runs import RunRecord, new_run, now, readable_records, run_folders, settle

if TYPE_CHECKING:
    from pathlib import Path

    from components.example_gen.spans import Span
    from pipeline.config.models import PipelineConfig, ResourcesConfig
    from pipeline.use_case import UseCase

Observer = Callable[[RunRecord, RunFolder], None]


def run_locally(
    use_case: UseCase,
    config: PipelineConfig,
    home: Home,
    observer: Observer,
    newest_span: str | None = None,
) -> RunRecord:
    """Runs the pipeline in this home; a gate that shuts or a node that fails is in the record.

    Args:
        use_case: The user's code.
        config: The resolved configuration.
        home: Where state is kept; made if it is not there.
        observer: Called whenever the record changed.
        newest_span: Number or date of the last span to use; None takes the newest.

    Raises:
        ConfigurationError: A path of the configuration does not exist.
        DataError: The data comes in spans, and none can be used.
        HomeBusyError: Another run uses the home.
        MetadataUnusableError: The file of ML Metadata cannot be written.
        WorkerLostError: The process that runs nodes died or could not compile the pipeline.
    """
    choice = resolve_spans(config, use_case.folder, newest_span)
    request = _request(use_case, config, home, choice.spans)
    with locked(home) as lock:
        check_metadata(home.metadata)
        earlier = run_folders(home)[::-1]
        for last in earlier[:1]:
            settle(last)
        folder = new_run(home, datetime.now(timezone.utc))
        request.save(folder.request)
        runner = LocalRunner(
            home,
            folder,
            _new_record(folder, request, choice.notes),
            use_case.import_root,
            budget_of(config.resources),
            lambda changed: observer(changed, folder),
            lock,
        )
        record = runner.run()
        if is_repeat(record):
            record.nothing_new = True
            record.same_as = repeated_run(record, readable_records(earlier))
            record.save(folder)
            observer(record, folder)
        return record


def _new_record(folder: RunFolder, request: RunRequest, notes: tuple[str, ...]) -> RunRecord:
    return RunRecord(
        folder.run_id,
        request.config.name,
        str(request.use_case),
        started=now(),
        pid=os.getpid(),
        process_birth=birth_of(os.getpid()),
        notes=notes,
        model_store=str(request.model_store),
    )


def budget_of(resources: ResourcesConfig) -> Budget:
    """Returns what nodes may take together; what is not configured is all that there is."""
    limits = container_limits()
    cpus = resources.cpus or math.ceil(min(limits.cpus, len(os.sched_getaffinity(0))))
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    memory_gib = resources.memory_gib or min(limits.memory_bytes, machine) / 2**30
    return Budget(cpus, memory_gib)


def _for_this_machine(config: PipelineConfig) -> PipelineConfig:
    """Has the candidate served by a process: Pods are for runs on Kubeflow."""
    validator = config.infra_validator.model_copy(update={"backend": "process"})
    return config.model_copy(update={"infra_validator": validator})


def _request(
    use_case: UseCase, config: PipelineConfig, home: Home, spans: tuple[Span, ...]
) -> RunRequest:
    schema_file: Path | None = resolve_schema_file(config, use_case.folder)
    return RunRequest(
        config=_for_this_machine(config),
        use_case=use_case.folder,
        data=resolve_data_path(config, use_case.folder),
        model_store=resolve_model_store(config, use_case.folder, home.root),
        curated_schema=schema_file.read_text(encoding="utf-8") if schema_file else None,
        spans=spans,
    )
