"""The hyperparameters of the latest search, for runs that never search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfx import types
from tfx.dsl.components.common import resolver
from tfx.dsl.io import fileio
from tfx.orchestration.portable.input_resolution import exceptions
from tfx.types import standard_artifacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NODE_ID = "LatestSearch"
HYPERPARAMETERS_KEY = "hyperparameters"


_NO_SEARCH = (
    "tuner.run is never, but this pipeline has no search whose hyperparameters could be reused; "
    "run once with --set tuner.run=when_data_changes"
)


class NoSearchError(exceptions.FailedPreconditionError):
    """There is no search whose hyperparameters could be used."""

    def __str__(self) -> str:
        # TFX, which records other errors without their message, puts words of its own before it.
        return _NO_SEARCH


class LatestSearchStrategy(resolver.ResolverStrategy):
    """Resolves `hyperparameters` to those of the latest search."""

    def resolve_artifacts(
        self,
        store: object,  # noqa: ARG002  the inputs hold all that is needed
        input_dict: dict[str, list[types.Artifact]],
    ) -> dict[str, list[types.Artifact]]:
        """Returns the inputs with `hyperparameters` narrowed to one artifact.

        Raises:
            NoSearchError: There was no search, or what it found is gone.
        """
        latest = latest_existing(input_dict[HYPERPARAMETERS_KEY], fileio.exists)
        if latest is None:
            raise NoSearchError
        return {**input_dict, HYPERPARAMETERS_KEY: [latest]}


def latest_existing(
    artifacts: Iterable[types.Artifact], exists: Callable[[str], bool]
) -> types.Artifact | None:
    """Returns the newest artifact whose files exist, or None.

    Args:
        artifacts: Artifacts in any order.
        exists: Tells whether a path or URI exists.
    """
    newest_first = sorted(artifacts, key=lambda artifact: int(artifact.id), reverse=True)
    return next((artifact for artifact in newest_first if exists(artifact.uri)), None)


def latest_search() -> resolver.Resolver:
    """Returns the node whose output `hyperparameters` are those of the latest search."""
    return resolver.Resolver(
        strategy_class=LatestSearchStrategy,
        hyperparameters=types.Channel(type=standard_artifacts.HyperParameters),
    ).with_id(NODE_ID)
