"""What ends a node that was told to stop, raised in its process by whoever runs it."""

from __future__ import annotations


class NodeInterruptedError(Exception):
    """The node was told to stop. An executor lets it pass: TFX marks the execution as failed."""
