"""What runs executors in this process: TFX's own, which also note what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfx.orchestration.portable import beam_executor_operator, python_executor_operator
from tfx.proto.orchestration import executable_spec_pb2

from pipeline.contents import record_contents

if TYPE_CHECKING:
    from tfx.orchestration.portable import data_types


class _PythonOperator(python_executor_operator.PythonExecutorOperator):
    def run_executor(self, execution_info: data_types.ExecutionInfo) -> Any:
        return _with_contents(super().run_executor(execution_info))


class _BeamOperator(beam_executor_operator.BeamExecutorOperator):
    def run_executor(self, execution_info: data_types.ExecutionInfo, *others: Any) -> Any:
        return _with_contents(super().run_executor(execution_info, *others))


OPERATORS = {
    executable_spec_pb2.PythonClassExecutableSpec: _PythonOperator,
    executable_spec_pb2.BeamExecutableSpec: _BeamOperator,
}


def _with_contents(output: Any) -> Any:
    """Adds to an `ExecutorOutput` what each artifact holds, in the commit that publishes it."""
    if output.execution_result.code == 0:
        for artifacts in output.output_artifacts.values():
            for artifact in artifacts.artifacts:
                record_contents(artifact)
    return output
