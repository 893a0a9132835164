"""Interface of Tuner, which calls the use case's `tuner_fn`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfx import types
from tfx.dsl.components.base import base_component
from tfx.proto import trainer_pb2
from tfx.types import standard_artifacts, standard_component_specs
from tfx.utils import json_utils

from components.executor_specs import ExecutorAt
from components.tuner.driver import Driver
from components.tuner.reuse import REUSE_SEARCH, SEARCH_DIGEST

if TYPE_CHECKING:
    from collections.abc import Mapping


class Tuner(base_component.BaseComponent):
    """Searches hyperparameters on the transformed examples.

    Args:
        examples: Channel of transformed Examples.
        transform_graph: Channel of TransformGraph.
        tuner_fn: Dotted path of the use case's `tuner_fn`.
        custom_config: What `tuner_fn` reads as `fn_args.custom_config`; JSON values.
        search_digest: Hash of the settings and the code that make the search what it is.
        reuse: Whether a search with the same digest and inputs is reused, whatever else in
            `custom_config` or in the code has changed since.
    """

    SPEC_CLASS = standard_component_specs.TunerSpec
    EXECUTOR_SPEC = ExecutorAt("components.tuner.executor.Executor")
    DRIVER_CLASS = Driver

    def __init__(
        self,
        examples: types.BaseChannel,
        transform_graph: types.BaseChannel,
        tuner_fn: str,
        custom_config: Mapping[str, Any],
        *,
        search_digest: str,
        reuse: bool,
    ) -> None:
        config = {**custom_config, SEARCH_DIGEST: search_digest, REUSE_SEARCH: reuse}
        super().__init__(
            spec=standard_component_specs.TunerSpec(
                examples=examples,
                transform_graph=transform_graph,
                tuner_fn=tuner_fn,
                train_args=trainer_pb2.TrainArgs(splits=["train"]),
                eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
                custom_config=json_utils.dumps(config),
                best_hyperparameters=types.Channel(type=standard_artifacts.HyperParameters),
                tuner_results=types.Channel(type=standard_artifacts.TunerResults),
            )
        )
