"""Which model is the baseline: the one that was pushed last, and never the candidate itself.

TFX's `LatestBlessedModelStrategy` asks only for Evaluator's blessing, so a model that
InfraValidator refused becomes the baseline; and on an unchanged run it resolves to the candidate,
which changes Evaluator's inputs and evaluates the model against itself.

What was pushed last is told by the versions and not by the artifacts' order: Pusher runs in every
run and publishes an artifact also where it finds that an earlier run had pushed the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfx.dsl.components.common import resolver

from components.artifact_properties import MODEL_ID, PUSHED, PUSHED_VERSION, RESTORES
from components.version_history import from_newest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tfx import types

CANDIDATE_KEY = "candidate"
MODEL_KEY = "model"
PUSHED_MODEL_KEY = "pushed_model"


class LatestPushedModelStrategy(resolver.ResolverStrategy):
    """Resolves `model` to the latest pushed one that is not the candidate, or to nothing.

    `pushed_model` is narrowed to the push that tells so: the resolver's outputs are recorded in
    every run, and they must not grow with the number of runs.
    """

    def resolve_artifacts(
        self,
        store: object,  # noqa: ARG002  the inputs hold all that is needed
        input_dict: dict[str, list[types.Artifact]],
    ) -> dict[str, list[types.Artifact]]:
        """Returns the inputs with `model` and `pushed_model` narrowed to at most one artifact."""
        candidates = {artifact.id for artifact in input_dict[CANDIDATE_KEY]}
        push = latest_push(input_dict[PUSHED_MODEL_KEY], candidates)
        baseline_id = None if push is None else _model_id(push)
        models = [model for model in input_dict[MODEL_KEY] if model.id == baseline_id]
        return {
            **input_dict,
            MODEL_KEY: models[:1],
            PUSHED_MODEL_KEY: [] if push is None else [push],
        }


def latest_pushed_id(pushed_models: Iterable[types.Artifact], candidates: set[int]) -> int | None:
    """Returns the artifact id of the model pushed last, as `latest_push` finds it, or None."""
    push = latest_push(pushed_models, candidates)
    return None if push is None else _model_id(push)


def latest_push(
    pushed_models: Iterable[types.Artifact], candidates: set[int]
) -> types.Artifact | None:
    """Returns the PushedModel artifact of the model pushed last, leaving out `candidates`.

    A model that was rolled back is left out too: it is as if it had never been pushed.

    Args:
        pushed_models: PushedModel artifacts in any order; those of pushes that were refused carry
            `pushed` 0.
        candidates: Artifact ids of the models under evaluation.
    """
    pushes: dict[int, types.Artifact] = {}
    for artifact in sorted(pushed_models, key=lambda artifact: int(artifact.id)):
        if artifact.get_int_custom_property(PUSHED):
            # The first artifact of a version pushed it; later ones found it there.
            pushes.setdefault(int(artifact.get_string_custom_property(PUSHED_VERSION)), artifact)
    restores = {version: _restored(artifact) for version, artifact in pushes.items()}
    in_force = (pushes[version] for version in from_newest(restores))
    return next((push for push in in_force if _model_id(push) not in candidates), None)


def _model_id(push: types.Artifact) -> int:
    return int(push.get_int_custom_property(MODEL_ID))


def _restored(push: types.Artifact) -> int | None:
    text = push.get_string_custom_property(RESTORES)
    return int(text) if text else None
