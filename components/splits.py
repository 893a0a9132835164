"""The split of the Examples that a node needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class NoSuchSplitError(Exception):
    """Examples lack a split; says what to do.

    Attributes:
        uri: Folder of the examples.
    """

    def __init__(self, uri: str, split: str, present: Iterable[str]) -> None:
        self.uri = uri
        super().__init__(
            f"the examples at {uri} have no split {split!r}, but {', '.join(present) or 'none'}; "
            "name one in data.splits"
        )


def check_split(examples: Iterable[Any], split: str) -> None:
    """Makes sure that Examples artifacts have a split.

    Raises:
        NoSuchSplitError: One of them does not.
    """
    from tfx.types import artifact_utils

    for artifact in examples:
        present = artifact_utils.decode_split_names(artifact.split_names)
        if split not in present:
            raise NoSuchSplitError(artifact.uri, split, present)
