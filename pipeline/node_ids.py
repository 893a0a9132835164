"""Ids of nodes: the kind of node, and behind a full stop the span where each span has its own."""

from __future__ import annotations

_SPAN = ".span-"


def of_span(kind: str, span: int) -> str:
    """Returns the id of a span's own node: `ExampleGen.span-3`."""
    return f"{kind}{_SPAN}{span}"


def is_of_span(node_id: str, span: int) -> bool:
    """Whether a node is a span's own."""
    return node_id.endswith(f"{_SPAN}{span}")


def kind_of(node_id: str) -> str:
    """Returns what kind of node an id names: `ExampleGen` for `ExampleGen.span-3`."""
    return node_id.partition(_SPAN)[0]


def like(kind: str, node_id: str) -> str:
    """Returns the id of the node of a kind that stands beside another one.

    `StatisticsGen.span-3` beside `ExampleGen.span-3`, `StatisticsGen` beside `ExampleGen`.
    """
    _, dot, span = node_id.partition(_SPAN)
    return f"{kind}{dot}{span}"


def span_in(node_id: str) -> int | None:
    """Returns the span that an id names: 3 for `ExampleGen.span-3`; None where it names none."""
    _, dot, span = node_id.partition(_SPAN)
    return int(span) if dot else None
