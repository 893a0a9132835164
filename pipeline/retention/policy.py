"""What retention keeps. Pure decisions, on a small graph.

A run that is kept keeps every artifact that it made, read, or was answered with from the cache. A
pushed model keeps itself, what was said about it, and what it was made from; of that, the data
goes: nothing reads it again, and it is nearly all of the bytes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

_MODEL = "Model"
_DATA_TYPES = frozenset({"Examples", "TransformCache"})
# The latest push may be the very model that is evaluated next; its baseline is then the one before.
_BASELINES = 2


@dataclass(frozen=True)
class RunFacts:
    """A run, as far as retention is concerned.

    Attributes:
        run_id: Its id.
        outcome: How it ended; runs without anything new are an outcome of their own.
    """

    run_id: str
    outcome: str


class Use(NamedTuple):
    """That an execution wrote an artifact, or read it."""

    execution: int
    artifact: int
    wrote: bool


@dataclass(frozen=True)
class Push:
    """One PushedModel artifact of a model that was pushed, or was found pushed.

    Attributes:
        artifact: Its id.
        model: Id of the Model artifact.
        version: Version in the store.
        stands: Whether that version is still in the store.
        restores: Whether it is a rollback.
    """

    artifact: int
    model: int
    version: int
    stands: bool
    restores: bool = False


def runs_to_keep(runs: Sequence[RunFacts], count: int) -> set[str]:
    """Returns the ids of the newest runs of each outcome.

    So a row of failures, or of runs without anything new, never displaces the last success.

    Args:
        runs: All runs of a pipeline, oldest first.
        count: How many of each outcome.
    """
    kept: Counter[str] = Counter()
    ids = set()
    for run in reversed(runs):
        kept[run.outcome] += 1
        if kept[run.outcome] <= count:
            ids.add(run.run_id)
    return ids


def artifacts_to_keep(
    types: Mapping[int, str],
    uses: Iterable[Use],
    kept_executions: Collection[int],
    pushes: Collection[Push],
) -> set[int]:
    """Returns the ids of the artifacts that stay.

    Args:
        types: Type of each artifact that is there now, by id.
        uses: What executions did with these artifacts.
        kept_executions: Executions of the runs that are kept.
        pushes: The pushes of the pipeline.
    """
    uses = list(uses)
    kept = {use.artifact for use in uses if use.execution in kept_executions}
    kept |= _of_pushed_models(types, uses, _pushed_models(pushes))
    kept |= _deciding_pushes(pushes)
    return kept & types.keys()


def _pushed_models(pushes: Collection[Push]) -> set[int]:
    """Returns the models that stand in the store, and those that can become a baseline."""
    latest = sorted(pushes, key=lambda push: push.version, reverse=True)
    distinct = list(dict.fromkeys(push.model for push in latest))
    return {push.model for push in pushes if push.stands}.union(distinct[:_BASELINES])


def _deciding_pushes(pushes: Collection[Push]) -> set[int]:
    """Returns the artifacts that tell which model was pushed when: the first of each version."""
    first: dict[int, int] = {}
    for push in sorted(pushes, key=lambda push: push.artifact):
        first.setdefault(push.version, push.artifact)
    return {*first.values(), *(push.artifact for push in pushes if push.restores)}


def _of_pushed_models(
    types: Mapping[int, str], uses: Sequence[Use], models: Collection[int]
) -> set[int]:
    """Returns models with what they were made from, data apart, and what was made of them."""
    writers: defaultdict[int, set[int]] = defaultdict(set)
    readers: defaultdict[int, set[int]] = defaultdict(set)
    read: defaultdict[int, set[int]] = defaultdict(set)
    written: defaultdict[int, set[int]] = defaultdict(set)
    for use in uses:
        (writers if use.wrote else readers)[use.artifact].add(use.execution)
        (written if use.wrote else read)[use.execution].add(use.artifact)
    kept: set[int] = set()
    pending = list(models)
    while pending:
        artifact = pending.pop()
        if artifact not in kept:
            kept.add(artifact)
            sources = {source for writer in writers[artifact] for source in read[writer]}
            # The model that a warm start began with would bring its own, and so on for ever.
            pending += [s for s in sources if types.get(s) not in _DATA_TYPES | {_MODEL}]
    said = {out for model in models for reader in readers[model] for out in written[reader]}
    return kept | {artifact for artifact in said if types.get(artifact) != _MODEL}
