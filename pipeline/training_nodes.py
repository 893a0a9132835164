"""The nodes that make a model: the search for hyperparameters, the warm start, the training."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from components.resolver.base_model import base_model
from components.resolver.latest_search import latest_search
from components.trainer.component import Trainer
from components.tuner.component import Tuner
from pipeline.definition_digest import definition_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tfx import types
    from tfx.dsl.components.base import base_node
    from tfx.dsl.components.common import resolver

    from pipeline.config.models import PipelineConfig
    from pipeline.use_case import UseCase


class TrainingNodes(NamedTuple):
    """The nodes, in order.

    Attributes:
        search: Tuner, or the resolver of the latest search; None without hyperparameters.
        base_model: The resolver of the model to start from; None where every start is cold.
        trainer: Trainer.
    """

    search: Tuner | resolver.Resolver | None
    base_model: resolver.Resolver | None
    trainer: Trainer

    @property
    def present(self) -> tuple[base_node.BaseNode, ...]:
        """The nodes that this pipeline has."""
        return tuple(node for node in self if node is not None)


def training_nodes(
    config: PipelineConfig,
    use_case: UseCase,
    examples: types.BaseChannel,
    transform_graph: types.BaseChannel,
    schema: types.BaseChannel,
) -> TrainingNodes:
    """Returns the nodes between Transform and Evaluator.

    Args:
        config: The resolved configuration.
        use_case: Where the user's functions are.
        examples: Channel of transformed Examples.
        transform_graph: Channel of TransformGraph.
        schema: Channel of Schema.
    """
    search = _search(config, use_case, examples, transform_graph)
    inputs = {"examples": examples, "transform_graph": transform_graph, "schema": schema}
    if isinstance(search, Tuner):
        inputs["hyperparameters"] = search.outputs["best_hyperparameters"]
    elif search is not None:
        inputs["hyperparameters"] = search.outputs["hyperparameters"]
    base = None
    if config.trainer.warm_start:
        base = base_model(config.name, inputs, config.trainer.cold_every or 0)
    trainer = Trainer(
        **inputs,
        run_fn=use_case.dotted(config.trainer.run_fn),
        custom_config={"training": training_settings(config)},
        base_model=base.outputs["model"] if base else None,
    )
    return TrainingNodes(search, base, trainer)


def training_settings(config: PipelineConfig) -> Mapping[str, Any]:
    """Returns what the use case's functions find as `fn_args.custom_config["training"]`."""
    trainer = config.trainer
    return {
        "epochs": trainer.epochs,
        "batch_size": trainer.batch_size,
        "patience": trainer.patience,
        "seed": trainer.seed,
        "warm_start": trainer.warm_start,
        "label": config.transform.label,
        "raw_label": config.data.label,
        "parameters": dict(trainer.parameters),
    }


def search_settings(config: PipelineConfig) -> Mapping[str, Any]:
    """Returns what `tuner_fn` finds as `fn_args.custom_config["tuner"]`."""
    return config.tuner.model_dump(exclude={"enabled", "run", "tuner_fn"})


def _search(
    config: PipelineConfig,
    use_case: UseCase,
    examples: types.BaseChannel,
    transform_graph: types.BaseChannel,
) -> Tuner | resolver.Resolver | None:
    if not config.tuner.enabled:
        return None
    if config.tuner.run == "never":
        return latest_search()
    return Tuner(
        examples,
        transform_graph,
        use_case.dotted(config.tuner.tuner_fn),
        {"training": training_settings(config), "tuner": search_settings(config)},
        search_digest=_search_digest(config, use_case),
        reuse=config.tuner.run == "when_data_changes",
    )


def _search_digest(config: PipelineConfig, use_case: UseCase) -> str:
    """Hashes what makes a search what it is, besides its data.

    `trainer.parameters` belongs to it, because the use case's code may derive the search space
    from them; the other settings of the training do not.
    """
    function = config.tuner.tuner_fn
    code = definition_digest(
        use_case.source_of(function), function.rpartition(".")[2], use_case.import_root
    )
    settings = {
        "function": function,
        "settings": search_settings(config),
        "parameters": dict(config.trainer.parameters),
        "label": config.transform.label,
    }
    text = f"{code}\n{json.dumps(settings, sort_keys=True)}"
    return hashlib.sha256(text.encode()).hexdigest()
