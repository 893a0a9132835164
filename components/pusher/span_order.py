"""Whether a model was trained on older data than the one that is served, as after a backfill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.pusher.model_folder import read_origin, standing_versions

if TYPE_CHECKING:
    from pathlib import Path

    from components.pusher.origin import Provenance


@dataclass(frozen=True)
class OlderSpan:
    """That the version in force has seen newer data than a model.

    Attributes:
        newest: Number of the newest span that the model was trained on.
        version: The version in force.
        in_force: Number of the newest span that this one was trained on.
    """

    newest: int
    version: int
    in_force: int


def older_than_in_force(folder: Path, provenance: Provenance) -> OlderSpan | None:
    """Returns what makes a model older than the newest version in a model's folder, or None.

    Where the data of one of them does not come in spans, nobody can tell, and it is not.

    Args:
        folder: `<store>/<name>`, which exists.
        provenance: The model's.

    Raises:
        OSError: The origin of that version cannot be read.
    """
    version = max(standing_versions(folder), default=None)
    origin = None if version is None else read_origin(folder, version)
    if version is None or origin is None:
        return None
    newest, in_force = _newest_span(provenance), _newest_span(origin.provenance)
    if newest is None or in_force is None or newest >= in_force:
        return None
    return OlderSpan(newest, version, in_force)


def _newest_span(provenance: Provenance) -> int | None:
    spans = (source.span for source in provenance.data)
    return max((span for span in spans if span is not None), default=None)
