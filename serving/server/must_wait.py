"""How a call says that it cannot be answered where it arrived."""

from __future__ import annotations


class MustWaitError(Exception):
    """A call that was to be answered at once would have to wait, or may take long.

    Nothing was done and nothing counted: it can be made again in a thread that may wait.
    """
