"""`data.allow`: anomalies that only warn. Which entries there may be, and what they let pass.

An entry is one of these texts:

- `SCHEMA_NEW_COLUMN`: anomalies of this kind, in every feature;
- `tolls`: every anomaly of this feature;
- `fare: FLOAT_TYPE_BIG_FLOAT`: anomalies of this kind in this feature; several kinds have commas
  between them.

The kinds are TensorFlow Data Validation's own names, as the gate's table shows them.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

_LOOKS_LIKE_A_KIND = re.compile(r"[A-Z0-9]+(_[A-Z0-9]+)+")
_NEAR = 0.75


class Allowance(NamedTuple):
    """One entry of `data.allow`.

    Attributes:
        feature: The feature that it is about, or None for every feature.
        kinds: The kinds of anomaly that it lets pass; none for every kind.
    """

    feature: str | None
    kinds: tuple[str, ...] = ()

    def __str__(self) -> str:
        kinds = ", ".join(self.kinds)
        return ": ".join(part for part in (self.feature, kinds) if part)

    def covers(self, feature: str, kind: str) -> bool:
        """Whether an anomaly of this kind in this feature passes."""
        return self.feature in (None, feature) and (not self.kinds or kind in self.kinds)


def parse_allowance(entry: str, known: Collection[str]) -> Allowance:
    """Reads one entry.

    Args:
        entry: A kind, a feature, or `feature: KIND`.
        known: The kinds that there are.

    Raises:
        ValueError: The entry names a kind that does not exist; names the nearest that does.
    """
    feature, colon, rest = (part.strip() for part in entry.rpartition(":"))
    if colon:
        kinds = tuple(kind.strip() for kind in rest.split(","))
        unknown = [kind for kind in kinds if kind not in known]
        if unknown or not feature:
            raise ValueError(_unknown(unknown[0] if unknown else rest, known))
        return Allowance(feature, kinds)
    if rest in known:
        return Allowance(None, (rest,))
    # A feature may be named in capitals too; only what comes near to a kind is taken for a slip.
    if _LOOKS_LIKE_A_KIND.fullmatch(rest) and _nearest(rest, known, _NEAR):
        raise ValueError(_unknown(rest, known))
    return Allowance(rest)


def anomaly_kinds() -> tuple[str, ...]:
    """Returns the kinds of anomalies that TensorFlow Data Validation knows."""
    from tensorflow_metadata.proto.v0 import anomalies_pb2

    return tuple(anomalies_pb2.AnomalyInfo.Type.keys())


def _unknown(kind: str, known: Collection[str]) -> str:
    near = _nearest(kind.upper(), known, cutoff=0.0)
    return (
        f"{kind!r} is no kind of anomaly; did you mean {near}? "
        "Write a KIND, a feature, or feature: KIND"
    )


def _nearest(kind: str, known: Collection[str], cutoff: float) -> str | None:
    return next(iter(difflib.get_close_matches(kind, sorted(known), n=1, cutoff=cutoff)), None)
