"""Interface of Tuner. TFX's own executor runs the use case's `tuner_fn`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfx import types
from tfx.dsl.components.base import base_component
from tfx.proto import trainer_pb2
from tfx.types import standard_artifacts, standard_component_specs
from tfx.utils import json_utils

from components.executor_specs import executor_at

if TYPE_CHECKING:
    from collections.abc import Mapping


class Tuner(base_component.BaseComponent):
    """Searches hyperparameters on the transformed examples.

    Args:
        examples: Channel of transformed Examples.
        transform_graph: Channel of TransformGraph.
        tuner_fn: Dotted path of the use case's `tuner_fn`.
        custom_config: What `tuner_fn` reads as `fn_args.custom_config`; JSON values.
    """

    SPEC_CLASS = standard_component_specs.TunerSpec
    EXECUTOR_SPEC = executor_at("tfx.components.tuner.executor.Executor")

    def __init__(
        self,
        examples: types.BaseChannel,
        transform_graph: types.BaseChannel,
        tuner_fn: str,
        custom_config: Mapping[str, Any],
    ) -> None:
        super().__init__(
            spec=standard_component_specs.TunerSpec(
                examples=examples,
                transform_graph=transform_graph,
                tuner_fn=tuner_fn,
                train_args=trainer_pb2.TrainArgs(splits=["train"]),
                eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
                custom_config=json_utils.dumps(custom_config),
                best_hyperparameters=types.Channel(type=standard_artifacts.HyperParameters),
                tuner_results=types.Channel(type=standard_artifacts.TunerResults),
            )
        )
