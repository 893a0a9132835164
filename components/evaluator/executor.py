"""Execution of Evaluator: TFMA's evaluation and validation, then a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow_model_analysis as tfma
from tfx.components.evaluator import executor as tfx_executor
from tfx.types import artifact_utils, standard_component_specs

from components.evaluator.report import verdict_of
from components.evaluator.thresholds import CANDIDATE
from components.gates import write_verdict

if TYPE_CHECKING:
    from tfx import types


class Executor(tfx_executor.Executor):
    """Writes the evaluation and the blessing, as TFX does, and the gate's verdict."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Evaluates the candidate. A model below its thresholds is a verdict, not an error."""
        super().Do(input_dict, output_dict, exec_properties)
        evaluation_uri = artifact_utils.get_single_uri(
            output_dict[standard_component_specs.EVALUATION_KEY]
        )
        blessing = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.BLESSING_KEY]
        )
        verdict = verdict_of(
            tfma.load_validation_result(evaluation_uri),
            _overall_metrics(evaluation_uri),
            has_baseline=bool(input_dict.get(standard_component_specs.BASELINE_MODEL_KEY)),
        )
        write_verdict(blessing.uri, verdict)


def _overall_metrics(evaluation_uri: str) -> dict[str, float]:
    # With one model TFMA names no model in the result; with a baseline it names both.
    for name in (None, CANDIDATE):
        try:
            result = tfma.load_eval_result(evaluation_uri, model_name=name)
        except ValueError:
            continue
        metrics = result.get_metrics_for_slice(()) or {}
        return {
            metric: float(value["doubleValue"])
            for metric, value in metrics.items()
            if "doubleValue" in value
        }
    return {}
