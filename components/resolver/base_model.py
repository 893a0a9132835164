"""Which model a warm start starts from.

"The latest pushed model" alone would never come to rest: each run would find the model that the one
before pushed, train from it and push again. The base is therefore chosen once for each training:
a run that repeats a training has the base which that training had.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tfx import types
from tfx.dsl.components.common import resolver
from tfx.types import standard_artifacts

from components.history import PastExecution, artifact_ids, past_executions
from components.resolver.latest_pushed import MODEL_KEY, PUSHED_MODEL_KEY, latest_pushed_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ml_metadata import MetadataStore

NODE_ID = "BaseModel"
# What the strategy is told of Trainer. `pipeline.compiling` fills it in: only the compiled pipeline
# has the fingerprint of Trainer's code.
TRAINER_PARAMETERS = "trainer_parameters"

_TRAINER = "Trainer"
_BASE_KEY = "base_model"
_HYPERPARAMETERS_KEY = "hyperparameters"


class BaseModelStrategy(resolver.ResolverStrategy):
    """Resolves `model` to the one that Trainer is to start from, or to nothing for a cold start.

    Args:
        pipeline: Name of the pipeline.
        cold_every: Every how many trainings one starts cold; 0 for never.
        trainer_parameters: Trainer's parameters by name, as JSON.
    """

    def __init__(self, pipeline: str, cold_every: int, trainer_parameters: str) -> None:
        self._pipeline = pipeline
        self._cold_every = cold_every
        self._parameters: dict[str, str] = json.loads(trainer_parameters)

    def resolve_artifacts(
        self, store: MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """Returns the inputs with `model` narrowed to at most one artifact.

        The pushes are left out: what a resolver hands on is recorded in every run, and must not
        grow with the number of runs.
        """
        models, pushes = input_dict[MODEL_KEY], input_dict[PUSHED_MODEL_KEY]
        others = {k: v for k, v in input_dict.items() if k not in (MODEL_KEY, PUSHED_MODEL_KEY)}
        base = choose_base(
            past_executions(store, self._pipeline, _TRAINER),
            self._parameters,
            artifact_ids(others),
            latest_pushed_id(pushes),
            self._cold_every,
        )
        chosen = [model for model in models if model.id == base]
        return {**others, MODEL_KEY: chosen, PUSHED_MODEL_KEY: []}


def choose_base(
    trainings: Sequence[PastExecution],
    parameters: Mapping[str, str],
    inputs: Mapping[str, tuple[int, ...]],
    latest_pushed: int | None,
    cold_every: int,
) -> int | None:
    """Returns the artifact id of the model to start from, or None for a cold start.

    A training that is repeated has the base that it had. Another one starts from the model pushed
    last, unless it is the turn of a cold one, or its hyperparameters are of another search than
    that model's: they may well describe another architecture.

    Args:
        trainings: Trainer's executions, the newest first.
        parameters: What Trainer is configured with now.
        inputs: Ids of the artifacts that Trainer reads besides the base.
        latest_pushed: The model pushed last, if there is one.
        cold_every: Every how many trainings one starts cold; 0 for never.
    """
    for training in trainings:
        if training.parameters == parameters and _without_base(training.inputs) == inputs:
            return _base(training)
    if latest_pushed is None or _cold_turn(trainings, cold_every):
        return None
    made = (training for training in trainings if latest_pushed in _outputs(training))
    search = next((training.inputs.get(_HYPERPARAMETERS_KEY) for training in made), None)
    return latest_pushed if search == inputs.get(_HYPERPARAMETERS_KEY) else None


def _without_base(inputs: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {name: ids for name, ids in inputs.items() if name != _BASE_KEY}


def _base(training: PastExecution) -> int | None:
    return next(iter(training.inputs.get(_BASE_KEY, ())), None)


def _outputs(training: PastExecution) -> Iterable[int]:
    return training.outputs.get(MODEL_KEY, ())


def _cold_turn(trainings: Sequence[PastExecution], cold_every: int) -> bool:
    """Whether the warm starts since the last cold one leave the next turn to a cold one."""
    if not cold_every:
        return False
    latest = [_base(training) for training in trainings[: cold_every - 1]]
    return len(latest) == cold_every - 1 and None not in latest


def base_model(
    pipeline: str, inputs: Mapping[str, types.BaseChannel], cold_every: int
) -> resolver.Resolver:
    """Returns the node whose output `model` is what Trainer starts from; empty for a cold start.

    Args:
        pipeline: Name of the pipeline.
        inputs: Channels that Trainer reads, by the names of its inputs.
        cold_every: Every how many trainings one starts cold; 0 for never.
    """
    return resolver.Resolver(
        strategy_class=BaseModelStrategy,
        config={"pipeline": pipeline, "cold_every": cold_every, TRAINER_PARAMETERS: "{}"},
        **inputs,
        model=types.Channel(type=standard_artifacts.Model),
        pushed_model=types.Channel(type=standard_artifacts.PushedModel),
    ).with_id(NODE_ID)
