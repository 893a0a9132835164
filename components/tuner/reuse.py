"""Which earlier search answers a run: one on the same data, in the same search space."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from components.history import PastExecution

# Members of `custom_config`. The digest is a hash of the search's own settings and code. All else
# in there may differ between a search and a run that reuses it: the epochs of the training, say.
SEARCH_DIGEST = "search_digest"
REUSE_SEARCH = "reuse_search"
_CUSTOM_CONFIG = "custom_config"


def search_to_reuse(
    past: Sequence[PastExecution],
    parameters: Mapping[str, str],
    inputs: Mapping[str, tuple[int, ...]],
    is_there: Callable[[PastExecution], bool],
) -> PastExecution | None:
    """Returns the newest search whose result answers this run too, or None.

    Args:
        past: Tuner's executions, the newest first.
        parameters: What this run's Tuner is configured with.
        inputs: Ids of the artifacts that it would read.
        is_there: Whether the result of an execution still exists.
    """
    wanted = _custom_config(parameters)
    if not wanted.get(REUSE_SEARCH):
        return None
    return next(
        (
            search
            for search in past
            if search.inputs == inputs
            and _custom_config(search.parameters).get(SEARCH_DIGEST) == wanted[SEARCH_DIGEST]
            and is_there(search)
        ),
        None,
    )


def _custom_config(parameters: Mapping[str, str]) -> dict[str, Any]:
    config: dict[str, Any] = json.loads(parameters.get(_CUSTOM_CONFIG) or "null") or {}
    return config
