"""What is put in order before a run and after it: what earlier runs left, what was killed.

Both open ML Metadata and close it again, before the first fork and after the last.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pipeline.config.spans import spans_in_window
from pipeline.local.connection import connection_of
from pipeline.metadata.local_store import open_local
from pipeline.push_record import record_unrecorded
from pipeline.request import RunRequest
from pipeline.retention.cleaning import carry_out, mend, plan
from pipeline.retention.lineage import fail_active
from pipeline.runs import readable_records, run_folders

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipeline.places import Home, RunFolder

_log = logging.getLogger(__name__)


def put_in_order(home: Home, folder: RunFolder) -> None:
    """Makes a home ready for a run, whatever happened to the runs before it.

    Args:
        home: Where state lies; no node of an earlier run may still be running.
        folder: Folder of the run that is about to begin.
    """
    request = RunRequest.load(folder.request)
    config = request.config
    window = {span.number for span in request.spans} | spans_in_window(config, request.use_case)
    with open_local(home.metadata, write=True) as store:
        _fail_last_runs(store, home, folder)
        for artifact in mend(store, home.artifacts / config.name):
            _log.warning("%s is gone or not whole; its node will run again", artifact.uri)
        artifacts = str(home.artifacts / config.name)
        for origin in record_unrecorded(store, request.model_store / config.name, artifacts):
            _log.warning("ML Metadata did not know of version %d; it does now", origin.version)
        decided = plan(store, home, config.name, config.pipeline.keep_runs, window)
        carry_out(store, decided)
    for waste in (*decided.outputs, *decided.remnants):
        _log.info("removed %s, %d bytes", waste.path, waste.size)


def fail_abandoned(home: Home, folder: RunFolder, nodes: Collection[str]) -> None:
    """Marks as failed what a run left active: nodes that were killed, or missed and never started.

    Args:
        home: Where state lies.
        folder: Folder of the run.
        nodes: Nodes of the run, none of which runs any more.
    """
    with connection_of(home) as handle:
        fail_active(handle.store, folder.run_id, nodes)


def _fail_last_runs(store: Any, home: Home, folder: RunFolder) -> None:
    earlier = [other for other in run_folders(home) if other.run_id != folder.run_id]
    for last in reversed(earlier):
        fail_active(store, last.run_id)
        # A run that knew its nodes had been here, and looked after those before it.
        if any(record.nodes for record in readable_records([last])):
            return
