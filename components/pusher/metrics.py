"""The figures of an evaluation that are worth keeping beside a pushed model."""

from __future__ import annotations

import math
from typing import Any

# The name that Evaluator's configuration gives to the new model beside a baseline.
_CANDIDATE = "candidate"


def overall_metrics(evaluation_uri: str) -> dict[str, float]:
    """Returns the candidate's metrics on all examples, by name.

    Args:
        evaluation_uri: Folder of a `ModelEvaluation` artifact, written by TFMA.
    """
    import tensorflow_model_analysis as tfma

    # TFMA names the model in its result only where there were two.
    for model_name in (None, _CANDIDATE):
        try:
            result = tfma.load_eval_result(evaluation_uri, model_name=model_name)
        except ValueError:
            continue
        return numbers_of(result.get_metrics_for_slice(()) or {})
    return {}


def numbers_of(metrics: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Returns the finite numbers among TFMA's metric values; plots and matrices stay out."""
    values = {name: value.get("doubleValue") for name, value in metrics.items()}
    return {
        name: float(value)
        for name, value in values.items()
        if value is not None and math.isfinite(value)
    }
