"""Launches one node through TFX's launcher and says what it came to.

`launch()` returning is not success: it also returns when inputs cannot be resolved or the node is
skipped. What happened is read from ML Metadata afterwards.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, ClassVar

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import base_executor_operator, data_types, launcher
from tfx.proto.orchestration import executable_spec_pb2, execution_result_pb2

from components.artifact_properties import PUSHED_VERSION, ROWS, SUMMARY
from components.gates import read_verdict
from components.pusher.outcome import changed_nothing
from components.training_record import TRAINING_PROPERTY
from pipeline.local.messages import NodeResult, Outcome
from pipeline.local.operators import OPERATORS, ExecutorClock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tfx.orchestration import metadata

_OUTPUT = metadata_store_pb2.Event.OUTPUT


class NotCachedError(BaseException):
    """The cache has no answer, and this process is not to execute.

    Not an `Exception`, which TFX's launcher would record as a failed execution: the execution
    stays registered, and the launch that does execute takes it over.
    """


class _CacheOnlyOperator(base_executor_operator.BaseExecutorOperator):
    """Stands in for an executor in a process that only asks the cache."""

    SUPPORTED_EXECUTOR_SPEC_TYPE: ClassVar = [
        executable_spec_pb2.PythonClassExecutableSpec,
        executable_spec_pb2.BeamExecutableSpec,
    ]
    SUPPORTED_PLATFORM_CONFIG_TYPE: ClassVar[list[Any]] = []

    def run_executor(
        self,
        execution_info: data_types.ExecutionInfo,
    ) -> execution_result_pb2.ExecutorOutput:
        raise NotCachedError(execution_info.execution_id)


_CACHE_ONLY_OPERATORS = dict.fromkeys(
    _CacheOnlyOperator.SUPPORTED_EXECUTOR_SPEC_TYPE, _CacheOnlyOperator
)


def launch_node(
    pipeline_ir: Any, node_id: str, connection: metadata.Metadata, *, cache_only: bool
) -> NodeResult:
    """Launches a node and returns what it came to.

    Args:
        pipeline_ir: The compiled pipeline, a `tfx.orchestration.Pipeline`.
        node_id: The node to launch.
        connection: To ML Metadata; opened and closed here.
        cache_only: Whether to answer from the cache or not at all.

    Raises:
        Exception: Whatever the executor raised; the execution is then marked as failed.
    """
    deployment = runner_utils.extract_local_deployment_config(pipeline_ir)
    node = next(
        n.pipeline_node for n in pipeline_ir.nodes if n.pipeline_node.node_info.id == node_id
    )
    executor_spec = runner_utils.extract_executor_spec(deployment, node_id)
    node_launcher = launcher.Launcher(
        pipeline_node=node,
        mlmd_connection=connection,
        pipeline_info=pipeline_ir.pipeline_info,
        pipeline_runtime_spec=pipeline_ir.runtime_spec,
        executor_spec=executor_spec,
        custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
        custom_executor_operators=_CACHE_ONLY_OPERATORS if cache_only else OPERATORS,
    )
    try:
        info = node_launcher.launch()
    except NotCachedError:
        return NodeResult(node_id, Outcome.MISSED)
    with connection as handle:
        result = _result(node_id, info.execution_id if info else None, handle.store)
    # A node without an executor looks something up, in every run.
    return replace(result, new=False) if executor_spec is None else result


def _result(node_id: str, execution_id: int | None, store: Any) -> NodeResult:
    if execution_id is None:
        cause = "skipped: its inputs are not there; see the nodes before it"
        return NodeResult(node_id, Outcome.FAILED, cause)
    (execution,) = store.get_executions_by_id([execution_id])
    state = execution.last_known_state
    if state not in (execution.COMPLETE, execution.CACHED):
        cause = _recorded_cause(execution) or f"its execution ended as {_state_name(state)}"
        return NodeResult(node_id, Outcome.FAILED, cause, execution_id)
    outputs = _output_artifacts(store, execution_id)
    verdicts = (read_verdict(artifact.uri) for artifact in outputs)
    verdict = next((v for v in verdicts if v is not None), None)
    cached = state == execution.CACHED
    return NodeResult(
        node_id,
        Outcome.CACHED if cached else Outcome.EXECUTED,
        execution_id=execution_id,
        verdict=asdict(verdict) if verdict else None,
        rows=json.loads(_custom_property(outputs, ROWS) or "{}"),
        pushed_version=_custom_property(outputs, PUSHED_VERSION),
        summary=_custom_property(outputs, SUMMARY) or "",
        training=json.loads(_custom_property(outputs, TRAINING_PROPERTY) or "null"),
        outputs=tuple(sorted(artifact.id for artifact in outputs)),
        executor_began=ExecutorClock.began,
        new=not cached and not any(changed_nothing(artifact.uri) for artifact in outputs),
    )


def _state_name(state: int) -> str:
    return str(metadata_store_pb2.Execution.State.Name(state))


def _recorded_cause(execution: Any) -> str:
    """Returns the last line of the error that TFX recorded: for a traceback, its message."""
    recorded = execution.custom_properties["__execution_result__"].string_value
    if not recorded:
        return ""
    message = json.loads(recorded).get("resultMessage", "")
    return next((line for line in reversed(message.splitlines()) if line.strip()), "")


def _output_artifacts(store: Any, execution_id: int) -> list[Any]:
    events = store.get_events_by_execution_ids([execution_id])
    ids = [event.artifact_id for event in events if event.type == _OUTPUT]
    return list(store.get_artifacts_by_id(ids)) if ids else []


def _custom_property(artifacts: Iterable[Any], name: str) -> str | None:
    for artifact in artifacts:
        if name in artifact.custom_properties:
            return str(artifact.custom_properties[name].string_value)
    return None
