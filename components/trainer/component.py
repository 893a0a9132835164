"""Interface of Trainer, which calls the use case's `run_fn`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfx import types
from tfx.dsl.components.base import base_component
from tfx.proto import trainer_pb2
from tfx.types import standard_artifacts, standard_component_specs
from tfx.utils import json_utils

from components.executor_specs import ExecutorAt

if TYPE_CHECKING:
    from collections.abc import Mapping


class Trainer(base_component.BaseComponent):
    """Trains a model on the transformed examples and exports it.

    Args:
        examples: Channel of transformed Examples.
        transform_graph: Channel of TransformGraph.
        schema: Channel of Schema.
        run_fn: Dotted path of the use case's `run_fn`.
        custom_config: What `run_fn` reads as `fn_args.custom_config`; JSON values.
        hyperparameters: Channel of HyperParameters, a search's best; None without a search.
        base_model: Channel of the Model to start from; None, or nothing in it, for a cold start.
    """

    SPEC_CLASS = standard_component_specs.TrainerSpec
    EXECUTOR_SPEC = ExecutorAt("components.trainer.executor.Executor")

    def __init__(
        self,
        examples: types.BaseChannel,
        transform_graph: types.BaseChannel,
        schema: types.BaseChannel,
        run_fn: str,
        custom_config: Mapping[str, Any],
        hyperparameters: types.BaseChannel | None = None,
        base_model: types.BaseChannel | None = None,
    ) -> None:
        super().__init__(
            spec=standard_component_specs.TrainerSpec(
                examples=examples,
                transform_graph=transform_graph,
                schema=schema,
                hyperparameters=hyperparameters,
                base_model=base_model,
                run_fn=run_fn,
                train_args=trainer_pb2.TrainArgs(splits=["train"]),
                eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
                custom_config=json_utils.dumps(custom_config),
                model=types.Channel(type=standard_artifacts.Model),
                model_run=types.Channel(type=standard_artifacts.ModelRun),
            )
        )
