"""The DAG in outline: its nodes and their order, from the configuration alone, without TFX."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config.models import PipelineConfig

_UPSTREAM = {
    "ExampleGen": (),
    "StatisticsGen": ("ExampleGen",),
    "SchemaGen": ("StatisticsGen",),
    "ExampleValidator": ("StatisticsGen", "SchemaGen"),
    "Transform": ("ExampleGen", "SchemaGen"),
    "Tuner": ("Transform", "ExampleValidator"),
    "LatestSearch": ("ExampleValidator",),
    "BaseModel": ("Transform", "SchemaGen", "Tuner", "LatestSearch", "ExampleValidator"),
    "Trainer": (
        "Transform",
        "SchemaGen",
        "Tuner",
        "LatestSearch",
        "BaseModel",
        "ExampleValidator",
    ),
    "LatestPushedModel": ("Trainer",),
    "Evaluator": ("ExampleGen", "Trainer", "LatestPushedModel", "SchemaGen"),
    "InfraValidator": ("Trainer", "ExampleGen", "SchemaGen"),
    "Pusher": ("Trainer", "Evaluator", "InfraValidator", "ExampleGen"),
}


class OutlineNode(NamedTuple):
    """A node of the DAG: its id, and the ids of the nodes that it waits for."""

    node_id: str
    upstream: tuple[str, ...]


def outline(config: PipelineConfig) -> tuple[OutlineNode, ...]:
    """Returns the nodes that this configuration gives, in topological order."""
    absent = _absent_nodes(config)
    upstream = dict(_UPSTREAM)
    if config.schema_.file is not None:
        upstream["SchemaGen"] = ()
    return tuple(
        OutlineNode(node_id, tuple(other for other in others if other not in absent))
        for node_id, others in upstream.items()
        if node_id not in absent
    )


def render_outline(nodes: Sequence[OutlineNode]) -> str:
    """Writes the outline as text, one node a line."""
    width = max(len(node.node_id) for node in nodes)
    return "".join(
        f"{node.node_id.ljust(width)}{arrow}{', '.join(node.upstream)}".rstrip() + "\n"
        for node in nodes
        for arrow in ("  <- " if node.upstream else "",)
    )


def _absent_nodes(config: PipelineConfig) -> set[str]:
    is_enabled = {
        "Tuner": config.tuner.enabled and config.tuner.run != "never",
        "LatestSearch": config.tuner.enabled and config.tuner.run == "never",
        "BaseModel": config.trainer.warm_start,
        "InfraValidator": config.infra_validator.enabled,
    }
    return {node_id for node_id, enabled in is_enabled.items() if not enabled}
