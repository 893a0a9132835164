"""Interface of Evaluator."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx.dsl.components.base import base_beam_component
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from tfx.types.system_executions import Evaluate

from components.executor_specs import BeamExecutorAt

if TYPE_CHECKING:
    from typing import Literal


class EvaluatorSpec(ComponentSpec):
    """Types of Evaluator's inputs, outputs and parameters."""

    PARAMETERS: ClassVar = {
        "eval_config": ExecutionParameter(type=config_pb2.EvalConfig),
        "without_baseline": ExecutionParameter(type=str),
    }
    INPUTS: ClassVar = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "model": ChannelParameter(type=standard_artifacts.Model),
        "baseline_model": ChannelParameter(type=standard_artifacts.Model, optional=True),
        "gone_baseline": ChannelParameter(type=standard_artifacts.PushedModel, optional=True),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS: ClassVar = {
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "blessing": ChannelParameter(type=standard_artifacts.ModelBlessing),
    }
    TYPE_ANNOTATION = Evaluate


class Evaluator(base_beam_component.BaseBeamComponent):
    """Computes metrics for every slice and compares them with the thresholds; a gate.

    Output `blessing` has the custom properties of TFX's own Evaluator: `blessed` (1 or 0), and
    `current_model_id` and `baseline_model_id` of the models that were compared. Its folder holds
    the gate's verdict.

    Args:
        examples: Channel of Examples; the `eval` split is used.
        model: Channel of Model, the candidate.
        baseline_model: Channel of Model, the latest pushed one; may be empty.
        gone_baseline: Channel of PushedModel: the push of a baseline whose artifact is gone; its
            copy in the model store is compared with.
        schema: Channel of Schema.
        eval_config: TFMA's configuration, from `components.evaluator.thresholds`.
        without_baseline: Whether to `accept` or to `refuse` a model while none has been pushed.
    """

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = BeamExecutorAt("components.evaluator.executor.Executor")

    def __init__(
        self,
        examples: types.BaseChannel,
        model: types.BaseChannel,
        baseline_model: types.BaseChannel,
        schema: types.BaseChannel,
        eval_config: config_pb2.EvalConfig,
        *,
        gone_baseline: types.BaseChannel | None = None,
        without_baseline: Literal["accept", "refuse"] = "accept",
    ) -> None:
        super().__init__(
            spec=EvaluatorSpec(
                examples=examples,
                model=model,
                baseline_model=baseline_model,
                gone_baseline=gone_baseline,
                schema=schema,
                eval_config=eval_config,
                without_baseline=without_baseline,
                evaluation=types.Channel(type=standard_artifacts.ModelEvaluation),
                blessing=types.Channel(type=standard_artifacts.ModelBlessing),
            )
        )
