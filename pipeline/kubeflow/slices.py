"""A task's part of the TFX IR: its nodes and how to execute them, and nothing of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfx.proto.orchestration import pipeline_pb2

if TYPE_CHECKING:
    from collections.abc import Collection

# What a deployment configuration has by the id of a node.
_BY_NODE = ("executor_specs", "custom_driver_specs", "node_level_platform_configs")


def slice_of(pipeline_ir: Any, nodes: Collection[str]) -> Any:
    """Returns a `tfx.orchestration.Pipeline` message with some of the nodes alone.

    A node's own message tells TFX's launcher all that it must know of the nodes before it: their
    outputs are found in ML Metadata.

    Args:
        pipeline_ir: The compiled pipeline.
        nodes: Ids of the nodes.
    """
    part = pipeline_pb2.Pipeline()
    part.CopyFrom(pipeline_ir)
    del part.nodes[:]
    part.nodes.extend(n for n in pipeline_ir.nodes if n.pipeline_node.node_info.id in nodes)
    deployment = pipeline_pb2.IntermediateDeploymentConfig()
    pipeline_ir.deployment_config.Unpack(deployment)
    for field in _BY_NODE:
        entries = getattr(deployment, field)
        for other in [node for node in entries if node not in nodes]:
            del entries[other]
    part.deployment_config.Pack(deployment, deterministic=True)
    return part
