"""From a request to the TFX IR that a runner executes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tfx.dsl.compiler import compiler, constants
from tfx.orchestration.portable import runtime_parameter_utils
from tfx.proto.orchestration import pipeline_pb2

from components.pusher.component import Pusher
from components.resolver import base_model
from components.tuner.component import Tuner
from pipeline.dag import Locations, create_pipeline
from pipeline.fingerprint import add_fingerprints
from pipeline.span_template import fill_in, point_at_data

if TYPE_CHECKING:
    from pipeline.config.models import PipelineConfig
    from pipeline.request import TaskRequest
    from pipeline.use_case import UseCase


# Pusher's result lies outside of what the cache knows of.
_PUSHER, _TUNER = Pusher.get_class_type(), Tuner.get_class_type()


def compile_pipeline(
    config: PipelineConfig, use_case: UseCase, locations: Locations, run_id: str
) -> Any:
    """Returns the `tfx.orchestration.Pipeline` message of one run.

    Args:
        config: The resolved configuration.
        use_case: Where the user's functions are.
        locations: Where the pipeline reads and writes.
        run_id: Id of the run, which becomes a context in ML Metadata.
    """
    pipeline_ir = compile_for_any_run(config, use_case, locations)
    bind_run(pipeline_ir, run_id, locations.artifacts)
    return pipeline_ir


def compile_for_any_run(config: PipelineConfig, use_case: UseCase, locations: Locations) -> Any:
    """Returns the `tfx.orchestration.Pipeline` message; `bind_run` makes it that of one run.

    Args:
        config: The resolved configuration.
        use_case: Where the user's functions are.
        locations: Where the pipeline reads and writes.
    """
    pipeline_ir = compiler.Compiler().compile(create_pipeline(config, use_case, locations))
    _except_from_cache(pipeline_ir, searches=config.tuner.run == "always")
    add_fingerprints(pipeline_ir, config, use_case)
    _tell_base_model(pipeline_ir)
    return pipeline_ir


def bind_task(request: TaskRequest, run_id: str) -> Any:
    """Returns the nodes of a task as those of one run.

    Args:
        request: The nodes, compiled for any run, and what this run gives them.
        run_id: Id of the run.
    """
    template = pipeline_pb2.Pipeline.FromString(request.compiled)
    pipeline_ir = fill_in(template, request.spans)
    point_at_data(pipeline_ir, request.data, request.spans, request.data_format)
    bind_run(pipeline_ir, run_id, request.artifacts)
    return pipeline_ir


def bind_run(pipeline_ir: Any, run_id: str, artifacts: str) -> None:
    """Fills in what TFX leaves to the start of a run, in place.

    Args:
        pipeline_ir: What `compile_for_any_run` returned, or a part of it.
        run_id: Id of the run, which becomes a context in ML Metadata.
        artifacts: TFX's pipeline root, a path or gs:// URI.
    """
    values = {
        constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id,
        constants.PIPELINE_ROOT_PARAMETER_NAME: artifacts,
    }
    runtime_parameter_utils.substitute_runtime_parameter(pipeline_ir, values)


def _except_from_cache(pipeline_ir: Any, *, searches: bool) -> None:
    """Has those nodes executed in every run that look at the outside world, or are to."""
    excepted = {_PUSHER, _TUNER} if searches else {_PUSHER}
    for node in (node.pipeline_node for node in pipeline_ir.nodes):
        if node.node_info.type.name in excepted:
            node.execution_options.caching_options.enable_cache = False


def upstream_nodes(pipeline_ir: Any) -> dict[str, tuple[str, ...]]:
    """Returns each node's id with the ids that it waits for, in topological order.

    Args:
        pipeline_ir: A `tfx.orchestration.Pipeline` message; of a part of a pipeline, what its nodes
            wait for outside of it is left out.
    """
    nodes = {node.pipeline_node.node_info.id: node.pipeline_node for node in pipeline_ir.nodes}
    return {
        node_id: tuple(other for other in node.upstream_nodes if other in nodes)
        for node_id, node in nodes.items()
    }


def _tell_base_model(pipeline_ir: Any) -> None:
    """Tells the resolver of the base model what Trainer is configured with, if there is one."""
    nodes = {node.pipeline_node.node_info.id: node.pipeline_node for node in pipeline_ir.nodes}
    if base_model.NODE_ID not in nodes:
        return
    parameters = {
        name: value.field_value.string_value
        for name, value in nodes["Trainer"].parameters.parameters.items()
    }
    text = json.dumps(parameters, sort_keys=True)
    for graph in nodes[base_model.NODE_ID].inputs.input_graphs.values():
        for node in graph.nodes.values():
            if base_model.TRAINER_PARAMETERS in node.op_node.kwargs:
                kwarg = node.op_node.kwargs[base_model.TRAINER_PARAMETERS]
                kwarg.value.field_value.string_value = text
