"""What a pod of Kubeflow Pipelines runs: one task, that is one or several nodes of the pipeline.

    python -m pipeline.kubeflow.entrypoint --task PAYLOAD --nodes SLICE --run-id ID
        --pipeline-root ROOT --span SPAN --report FILE --executor-input JSON

The arguments are written by `pipeline.kubeflow.package`. Exit status: 0 done, 1 a node failed, 2
the pipeline and the image do not fit, 3 a gate stopped the run, 143 the run was terminated.
"""

from __future__ import annotations

import argparse
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from pipeline.errors import TidemillError
from pipeline.kubeflow.task_result import TERMINATED, TaskResult, leave_message
from pipeline.runs import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a task and returns the process's exit status."""
    given = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        from pipeline.kubeflow.task_run import TaskArguments, run_task

        return run_task(TaskArguments(**vars(given)))
    except TidemillError as error:
        problems = error.problems or (str(error),)
        return _end_early(error.exit_status, RunOutcome.FAILED, *problems)
    except KeyboardInterrupt:
        return _end_early(TERMINATED, RunOutcome.CANCELLED, "the run was terminated")


def _end_early(exit_status: int, outcome: RunOutcome, *problems: str) -> int:
    """Says why no node ran, and returns the exit status."""
    for problem in problems:
        print(f"tidemill: {problem}")  # noqa: T201  the pod's log
    result = TaskResult(exit_status, outcome.value, "; ".join(problems))
    leave_message(result)
    print(result.to_line())  # noqa: T201
    return exit_status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline.kubeflow.entrypoint")
    parser.add_argument("--task", required=True, help="what the task must know")
    parser.add_argument("--nodes", required=True, help="its nodes, a slice of the TFX IR")
    parser.add_argument("--run-id", required=True, help="id of the run")
    parser.add_argument("--pipeline-root", required=True, help="where nodes write")
    parser.add_argument("--span", required=True, help="newest span to use; empty: the newest")
    parser.add_argument("--report", required=True, help="where the HTML report goes")
    parser.add_argument("--executor-input", required=True, help="Kubeflow's own message, JSON")
    return parser


def _interrupt(_signum: int, _frame: FrameType | None) -> NoReturn:
    # The kubelet sends it when the run is terminated; the runner takes it as Ctrl-C.
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
