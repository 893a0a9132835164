"""What happens in the process of one node: its log, its signals, its launch, its result."""

from __future__ import annotations

import os
import resource
import sys
import traceback
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from components.error_line import in_one_line
from components.gates import DataRefusedError
from pipeline.local.interruption import end_with_parent, raise_on_sigterm
from pipeline.local.messages import NodeResult, Outcome
from pipeline.metadata.local_file import failed_query

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.places import Home, RunFolder


def run_node(
    pipeline_ir: Any,
    node_id: str,
    folder: RunFolder,
    home: Home,
    parent_pid: int,
    *,
    cache_only: bool,
) -> None:
    """Runs a node in this freshly forked process, to the end of the process's purpose.

    The result is written to `folder.result(node_id)`; a process that dies before leaves none.
    """
    raise_on_sigterm()
    end_with_parent(parent_pid)
    _log_to(folder.log(node_id))
    result = _launch(pipeline_ir, node_id, home, cache_only=cache_only)
    used = resource.getrusage(resource.RUSAGE_SELF)
    helpers = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = used.ru_utime + used.ru_stime + helpers.ru_utime + helpers.ru_stime
    measured = replace(
        result, peak_memory_mib=used.ru_maxrss >> 10, cpu_seconds=round(cpu_seconds, 2)
    )
    _write(folder.result(node_id), measured)


def _launch(pipeline_ir: Any, node_id: str, home: Home, *, cache_only: bool) -> NodeResult:
    try:
        from pipeline.local.connection import connection_of
        from pipeline.local.node_launch import launch_node

        return launch_node(pipeline_ir, node_id, connection_of(home), cache_only=cache_only)
    except DataRefusedError as error:
        sys.stderr.write(error.verdict.to_json() + "\n")
        return NodeResult(node_id, Outcome.FAILED, str(error), verdict=asdict(error.verdict))
    except Exception as error:  # noqa: BLE001  whatever a node raises is its result
        traceback.print_exc()
        return NodeResult(node_id, Outcome.FAILED, cause_of(error, home))


def cause_of(error: BaseException, home: Home) -> str:
    """Returns an error in one line, and of a failed database what to do about it.

    Args:
        error: What a node, or what was to be done for it, raised.
        home: Whose ML Metadata it may have been.
    """
    service = home.metadata_service
    place = f"the metadata service {service}" if service else str(home.metadata)
    return failed_query(error, place) or in_one_line(error)


def _log_to(path: Path) -> None:
    """Sends everything that this process prints, from Python and from C++, to a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    path.parent.mkdir(parents=True, exist_ok=True)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def _write(path: Path, result: NodeResult) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(result.to_json(), encoding="utf-8")
    partial.replace(path)
