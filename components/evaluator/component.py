"""Interface of Evaluator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfx import types
from tfx.dsl.components.base import base_beam_component
from tfx.types import standard_artifacts, standard_component_specs
from tfx.utils import json_utils

from components.executor_specs import beam_executor_at

if TYPE_CHECKING:
    from tensorflow_model_analysis.proto import config_pb2


class Evaluator(base_beam_component.BaseBeamComponent):
    """Computes metrics for every slice and compares them with the thresholds; a gate.

    Args:
        examples: Channel of Examples; the `eval` split is used.
        model: Channel of Model, the candidate.
        baseline_model: Channel of Model, the latest pushed one; may be empty.
        schema: Channel of Schema.
        eval_config: TFMA's configuration, from `components.evaluator.thresholds`.
    """

    SPEC_CLASS = standard_component_specs.EvaluatorSpec
    EXECUTOR_SPEC = beam_executor_at("components.evaluator.executor.Executor")

    def __init__(
        self,
        examples: types.BaseChannel,
        model: types.BaseChannel,
        baseline_model: types.BaseChannel,
        schema: types.BaseChannel,
        eval_config: config_pb2.EvalConfig,
    ) -> None:
        super().__init__(
            spec=standard_component_specs.EvaluatorSpec(
                examples=examples,
                model=model,
                baseline_model=baseline_model,
                schema=schema,
                eval_config=eval_config,
                example_splits=json_utils.dumps(["eval"]),
                fairness_indicator_thresholds=json_utils.dumps(None),
                evaluation=types.Channel(type=standard_artifacts.ModelEvaluation),
                blessing=types.Channel(type=standard_artifacts.ModelBlessing),
            )
        )
