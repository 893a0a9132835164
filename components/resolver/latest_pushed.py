"""Which model is the baseline: the one that was pushed last, and never the candidate itself.

TFX's `LatestBlessedModelStrategy` asks only for Evaluator's blessing, so a model that
InfraValidator refused becomes the baseline; and on an unchanged run it resolves to the candidate,
which changes Evaluator's inputs and evaluates the model against itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfx.dsl.components.common import resolver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tfx import types

# Written by Pusher on the PushedModel artifact.
PUSHED_PROPERTY = "pushed"
PUSHED_MODEL_ID_PROPERTY = "model_id"

CANDIDATE_KEY = "candidate"
MODEL_KEY = "model"
PUSHED_MODEL_KEY = "pushed_model"


class LatestPushedModelStrategy(resolver.ResolverStrategy):
    """Resolves `model` to the latest pushed one that is not the candidate, or to nothing."""

    def resolve_artifacts(
        self,
        store: object,  # noqa: ARG002  the inputs hold all that is needed
        input_dict: dict[str, list[types.Artifact]],
    ) -> dict[str, list[types.Artifact]]:
        """Returns the inputs with `model` narrowed to at most one artifact."""
        candidates = {artifact.id for artifact in input_dict[CANDIDATE_KEY]}
        baseline_id = latest_pushed_id(input_dict[PUSHED_MODEL_KEY], candidates)
        models = [model for model in input_dict[MODEL_KEY] if model.id == baseline_id]
        return {**input_dict, MODEL_KEY: models[:1]}


def latest_pushed_id(pushed_models: Iterable[types.Artifact], candidates: set[int]) -> int | None:
    """Returns the artifact id of the model pushed last, leaving out `candidates`.

    Args:
        pushed_models: PushedModel artifacts in any order; those of pushes that were refused carry
            `pushed` 0.
        candidates: Artifact ids of the models under evaluation.
    """
    for pushed in sorted(pushed_models, key=lambda artifact: int(artifact.id), reverse=True):
        if not pushed.get_int_custom_property(PUSHED_PROPERTY):
            continue
        model_id = int(pushed.get_int_custom_property(PUSHED_MODEL_ID_PROPERTY))
        if model_id not in candidates:
            return model_id
    return None
