"""Which model is the baseline: the one that was pushed last, and never the candidate itself.

TFX's `LatestBlessedModelStrategy` asks only for Evaluator's blessing, so a model that
InfraValidator refused becomes the baseline; and on an unchanged run it resolves to the candidate,
which changes Evaluator's inputs and evaluates the model against itself.

Where the candidate is the model that was pushed last, the baseline is the one that it was blessed
against then: Evaluator has the inputs that it had, and the cache answers with the verdict of then.

Pusher is told here, too, what ML Metadata remembers of pushes: the model store may have been lost,
and with it that a model was rolled back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfx.dsl.components.common import resolver
from tfx.dsl.io import fileio

from components.artifact_properties import (
    BASELINE_ID,
    BLESSED,
    CANDIDATE_ID,
    GONE_BASELINE_ID,
    MODEL_ID,
    PUSHED,
    PUSHED_DESTINATION,
    PUSHED_VERSION,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tfx import types

CANDIDATE_KEY = "candidate"
MODEL_KEY = "model"
PUSHED_MODEL_KEY = "pushed_model"
BLESSING_KEY = "blessing"
EARLIER_PUSHES_KEY = "earlier_pushes"


class LatestPushedModelStrategy(resolver.ResolverStrategy):
    """Resolves `model` to the latest pushed one that is not the candidate, or to nothing.

    `pushed_model` is empty unless that model's files are gone, so that it is no input for anything
    any more: then it is the push that tells of it. `earlier_pushes` is empty unless the candidate
    was pushed before: then it is its newest push and the latest one of all. `blessing` is always
    empty. What a resolver gives out is recorded in every run; it must not grow with their number.
    """

    def resolve_artifacts(
        self,
        store: object,  # noqa: ARG002  the inputs hold all that is needed
        input_dict: dict[str, list[types.Artifact]],
    ) -> dict[str, list[types.Artifact]]:
        """Returns the inputs, all but the candidate narrowed to one or two artifacts, or none."""
        pushes = input_dict[PUSHED_MODEL_KEY]
        candidates = {int(artifact.id) for artifact in input_dict[CANDIDATE_KEY]}
        push = latest_push(pushes)
        baseline = None if push is None else _model_id(push)
        if baseline in candidates:
            blessing = _first_blessing(baseline, input_dict.get(BLESSING_KEY, []))
            baseline = _id(blessing, BASELINE_ID)
            push = _with_copy(pushes, _id(blessing, GONE_BASELINE_ID))
        models = [model for model in input_dict[MODEL_KEY] if model.id == baseline]
        return {
            **input_dict,
            MODEL_KEY: models[:1],
            PUSHED_MODEL_KEY: [] if push is None or models else [push],
            BLESSING_KEY: [],
            EARLIER_PUSHES_KEY: _earlier_pushes(pushes, candidates),
        }


def _earlier_pushes(
    pushes: Sequence[types.Artifact], candidates: Collection[int]
) -> list[types.Artifact]:
    """Returns the newest push of the candidate and the latest one of all, if there is the first."""
    own = latest_push(push for push in pushes if _model_id(push) in candidates)
    latest = latest_push(pushes)
    if own is None or latest is None:
        return []
    return [own] if own is latest else [own, latest]


def latest_pushed_id(pushed_models: Iterable[types.Artifact]) -> int | None:
    """Returns the artifact id of the model pushed last, as `latest_push` finds it, or None.

    None also where ML Metadata does not know that model (`pipeline.push_record`).
    """
    push = latest_push(pushed_models)
    return None if push is None else _model_id(push) or None


def latest_push(pushed_models: Iterable[types.Artifact]) -> types.Artifact | None:
    """Returns the PushedModel artifact of the highest version: the model that is served.

    The artifacts' own order does not tell: Pusher runs in every run, and publishes an artifact also
    where it finds that an earlier run had pushed the model. A rollback publishes one as well.

    Args:
        pushed_models: PushedModel artifacts in any order; those of pushes that were refused carry
            `pushed` 0.
    """
    pushed = [each for each in pushed_models if each.get_int_custom_property(PUSHED)]
    # The first artifact of a version pushed it; later ones found it there.
    return max(pushed, key=lambda each: (_version(each), -int(each.id)), default=None)


def _model_id(push: types.Artifact) -> int:
    return int(push.get_int_custom_property(MODEL_ID))


def _version(push: types.Artifact) -> int:
    return int(push.get_string_custom_property(PUSHED_VERSION))


def _first_blessing(
    model: int | None, blessings: Iterable[types.Artifact]
) -> types.Artifact | None:
    """Returns the blessing after which a model was pushed: the first of those that it passed."""
    passed = [
        blessing
        for blessing in blessings
        if blessing.get_int_custom_property(BLESSED)
        and blessing.get_int_custom_property(CANDIDATE_ID) == model
    ]
    return min(passed, key=lambda blessing: int(blessing.id), default=None)


def _id(blessing: types.Artifact | None, name: str) -> int | None:
    """Returns an id from a blessing's properties, or None if it has none."""
    return int(blessing.get_int_custom_property(name) or 0) or None if blessing else None


def _with_copy(pushes: Iterable[types.Artifact], push_id: int | None) -> types.Artifact | None:
    """Returns a push if its copy is still in the model store, so that it can be compared with."""
    push = next((push for push in pushes if push.id == push_id), None)
    if push is None or not fileio.exists(push.get_string_custom_property(PUSHED_DESTINATION)):
        return None
    return push
