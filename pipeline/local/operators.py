"""What runs executors in this process: TFX's own, which begin clean and note what was written."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from tfx.dsl.io import fileio
from tfx.orchestration.portable import beam_executor_operator, python_executor_operator
from tfx.proto.orchestration import executable_spec_pb2

from pipeline.contents import record_contents

if TYPE_CHECKING:
    from tfx.orchestration.portable import data_types


class _PythonOperator(python_executor_operator.PythonExecutorOperator):
    def run_executor(self, execution_info: data_types.ExecutionInfo) -> Any:
        begin_clean(execution_info)
        return _with_contents(super().run_executor(execution_info))


class _BeamOperator(beam_executor_operator.BeamExecutorOperator):
    def run_executor(self, execution_info: data_types.ExecutionInfo, *others: Any) -> Any:
        begin_clean(execution_info)
        return _with_contents(super().run_executor(execution_info, *others))


OPERATORS = {
    executable_spec_pb2.PythonClassExecutableSpec: _PythonOperator,
    executable_spec_pb2.BeamExecutableSpec: _BeamOperator,
}


class ExecutorClock:
    """When this process's executor began; a process runs one node.

    Attributes:
        began: Seconds since the epoch; None until then.
    """

    began: ClassVar[float | None] = None


def begin_clean(execution_info: data_types.ExecutionInfo) -> None:
    """Empties the folders that an execution writes to.

    A node that is launched again in the same run takes over its execution and with it the folders,
    where an attempt that was killed may have left half of its files.
    """
    artifacts = (its for of_key in execution_info.output_dict.values() for its in of_key)
    folders = [artifact.uri for artifact in artifacts]
    for folder in [*folders, execution_info.stateful_working_dir, execution_info.tmp_dir]:
        if folder and fileio.isdir(folder) and fileio.listdir(folder):
            fileio.rmtree(folder)
            fileio.makedirs(folder)
    ExecutorClock.began = time.time()


def _with_contents(output: Any) -> Any:
    """Adds to an `ExecutorOutput` what each artifact holds, in the commit that publishes it."""
    if output.execution_result.code == 0:
        for artifacts in output.output_artifacts.values():
            for artifact in artifacts.artifacts:
                record_contents(artifact)
    return output
