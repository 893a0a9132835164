"""Which split a row belongs to: decided by its content alone, as TFX decides it."""

from __future__ import annotations

from bisect import bisect
from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Splitter:
    """Deals serialized rows into splits by hash.

    The bucket of a row is the SHA-256 of its canonical serialization, modulo all buckets; the
    first split has the first buckets, and so on. Source: TFX 1.21,
    `base_example_gen_executor._PartitionFn`.

    Args:
        buckets: Hash buckets of each split, at least one each.
    """

    def __init__(self, buckets: Mapping[str, int]) -> None:
        self._names = tuple(buckets)
        self._ends = tuple(accumulate(buckets.values()))

    def deal(self, records: Iterable[bytes]) -> dict[str, list[bytes]]:
        """Returns the records of each split, in their order."""
        total, ends = self._ends[-1], self._ends
        dealt: list[list[bytes]] = [[] for _ in self._names]
        for record in records:
            bucket = int.from_bytes(sha256(record).digest(), "big") % total
            dealt[bisect(ends, bucket)].append(record)
        return dict(zip(self._names, dealt, strict=True))
