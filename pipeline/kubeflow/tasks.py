"""Which nodes share a task, and what each task waits for.

Pure decisions. A task costs two pods and about twenty seconds on Kubeflow Pipelines, whatever runs
in it, so neighbours that need the same share one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pipeline.kubeflow.needs import image_of, needs_of
from pipeline.node_ids import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline.config.kubeflow_section import KubeflowConfig
    from pipeline.kubeflow.needs import Needs


class Task(NamedTuple):
    """One task of the compiled pipeline.

    Attributes:
        name: Its name: lower case, digits and hyphens.
        title: Its name for people.
        nodes: Ids of its nodes, in topological order.
        needs: What its pod asks for.
        after: Names of the tasks that it waits for.
        first: Whether every other task waits for it.
        last: Whether no other task waits for it.
        alone: Whether no other task can run while it does.
    """

    name: str
    title: str
    nodes: tuple[str, ...]
    needs: Needs
    after: tuple[str, ...]
    first: bool
    last: bool
    alone: bool


def tasks_for(config: KubeflowConfig, upstream: Mapping[str, tuple[str, ...]]) -> list[Task]:
    """Returns the tasks of a pipeline's nodes, as the configuration wants them.

    Args:
        config: The section about Kubeflow.
        upstream: For each node the nodes that it waits for, in topological order.

    Raises:
        ConfigurationError: No image is configured.
    """
    image = image_of(config)
    return tasks_of(upstream, lambda kind: needs_of(kind, config, image), fuse=config.fuse)


def tasks_of(
    upstream: Mapping[str, tuple[str, ...]], needs: Callable[[str], Needs], *, fuse: bool
) -> list[Task]:
    """Groups nodes into tasks.

    All spans' nodes of a kind always share a task, because how many there are is known only when a
    run starts. There is one first task, beside which nothing runs: it puts in order what earlier
    runs left.

    Args:
        upstream: For each node the nodes that it waits for, in topological order.
        needs: What a node's pod needs, by its kind.
        fuse: Whether neighbours with the same needs share a task.

    Returns:
        The tasks, in topological order.
    """
    group = _stages(upstream, needs) if fuse else {node: (kind_of(node),) for node in upstream}
    members: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for node in upstream:
        members[group[node]].append(node)
    before = {
        key: {group[other] for node in nodes for other in upstream[node]} - {key}
        for key, nodes in members.items()
    }
    names = {key: _name(nodes) for key, nodes in members.items()}
    ordered = _in_order(members, before)
    first = ordered[0]
    for key in ordered[1:]:
        before[key] = before[key] or {first}
    waited_for = set().union(*before.values())
    earlier = _ancestors(ordered, before)
    return [
        Task(
            name=names[key],
            title=_title(members[key]),
            nodes=tuple(members[key]),
            needs=needs(kind_of(members[key][0])),
            after=tuple(names[other] for other in ordered if other in before[key]),
            first=key == first,
            last=key not in waited_for,
            alone=all(
                other in earlier[key] or key in earlier[other] for other in members if other != key
            ),
        )
        for key in ordered
    ]


def _stages(
    upstream: Mapping[str, tuple[str, ...]], needs: Callable[[str], Needs]
) -> dict[str, tuple[object, ...]]:
    """Returns for each node how often the needs change on the way to it, and its needs.

    Nodes that share both can share a task: what leads from one to another passes through nodes of
    the same stage, and so of the same needs, alone; no circle of tasks can come of it.
    """
    stages: dict[str, int] = {}
    wanted = {node: needs(kind_of(node)) for node in upstream}
    for node, waits_for in upstream.items():
        stages[node] = max(
            (stages[other] + (wanted[other] != wanted[node]) for other in waits_for), default=0
        )
    return {node: (stages[node], wanted[node]) for node in upstream}


def _in_order(
    members: Mapping[tuple[object, ...], list[str]],
    before: Mapping[tuple[object, ...], set[tuple[object, ...]]],
) -> list[tuple[object, ...]]:
    """Returns the groups in topological order; among those that could come next, as given."""
    ordered: list[tuple[object, ...]] = []
    while len(ordered) < len(members):
        ordered.append(
            next(key for key in members if key not in ordered and before[key] <= set(ordered))
        )
    return ordered


def _ancestors(
    ordered: list[tuple[object, ...]],
    before: Mapping[tuple[object, ...], set[tuple[object, ...]]],
) -> dict[tuple[object, ...], set[tuple[object, ...]]]:
    """Returns for each group all that it waits for, directly or not."""
    found: dict[tuple[object, ...], set[tuple[object, ...]]] = {}
    for key in ordered:
        found[key] = before[key].union(*(found[other] for other in before[key]))
    return found


def _name(nodes: list[str]) -> str:
    return re.sub(r"[^a-z0-9]+", "-", _title(nodes).lower())


def _title(nodes: list[str]) -> str:
    kinds = list(dict.fromkeys(map(kind_of, nodes)))
    return kinds[0] if len(kinds) == 1 else f"{kinds[0]} to {kinds[-1]}"
