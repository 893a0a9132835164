"""The DAG in outline: its nodes and their order, from the configuration alone, without TFX."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline.node_ids import of_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
    "Pusher": ("Trainer", "LatestPushedModel", "Evaluator", "InfraValidator", "ExampleGen"),
}
_OWN_FOR_EACH_SPAN = frozenset({"ExampleGen", "StatisticsGen", "ExampleValidator"})
# Of the others, these read the newest span and not the whole window.
_READ_NEWEST = frozenset({"Evaluator", "InfraValidator"})


class OutlineNode(NamedTuple):
    """A node of the DAG: its id, and the ids of the nodes that it waits for."""

    node_id: str
    upstream: tuple[str, ...]


def outline(config: PipelineConfig, spans: Sequence[int] = ()) -> tuple[OutlineNode, ...]:
    """Returns the nodes that this configuration gives, in topological order.

    Args:
        config: Leaves nodes out.
        spans: Numbers of the spans in the window, oldest first; none for data without spans.
    """
    absent = _absent_nodes(config)
    upstream = dict(_UPSTREAM)
    if config.schema_.file is not None:
        upstream["SchemaGen"] = ()
    nodes = (
        OutlineNode(node_id, tuple(other for other in others if other not in absent))
        for node_id, others in upstream.items()
        if node_id not in absent
    )
    return tuple(own for node in nodes for own in _for_each_span(node, spans))


def _for_each_span(node: OutlineNode, spans: Sequence[int]) -> Iterator[OutlineNode]:
    """Yields a node as it is, or one for each span where each has its own."""
    if spans and node.node_id in _OWN_FOR_EACH_SPAN:
        for span in spans:
            yield OutlineNode(of_span(node.node_id, span), _ids(node.upstream, [span]))
    else:
        read = spans[-1:] if node.node_id in _READ_NEWEST else spans
        yield OutlineNode(node.node_id, _ids(node.upstream, read))


def _ids(kinds: Iterable[str], spans: Sequence[int]) -> tuple[str, ...]:
    return tuple(
        node_id
        for kind in kinds
        for node_id in (
            [of_span(kind, span) for span in spans]
            if spans and kind in _OWN_FOR_EACH_SPAN
            else [kind]
        )
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
