"""What a user says about the server's Pod; part of the node's properties, so the cache sees it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

_SEQUENCES = ("command", "flags")


@dataclass(frozen=True)
class PodSettings:
    """How the server's Pod differs from the one of the task.

    Attributes:
        image: The server's image; None for the task's own, which has the embedded server.
        command: What to start in it; empty for the image's entry point.
        flags: Flags of the server, after those that every validation sets.
        service_account: Its service account; None for the namespace's default. It gets no token.
        cpu: CPU cores, requested, as Kubernetes writes them.
        memory: Memory, requested and limited, as Kubernetes writes it.
        start_timeout_seconds: How long it may wait for a node, its volume and its image.
    """

    image: str | None = None
    command: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    service_account: str | None = None
    cpu: str = "500m"
    memory: str = "2Gi"
    start_timeout_seconds: float = 300.0

    def to_text(self) -> str:
        """Returns the settings as JSON, the same text for the same settings."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> PodSettings:
        """Reads what `to_text` wrote."""
        values: dict[str, Any] = json.loads(text)
        for name in _SEQUENCES:
            values[name] = tuple(values[name])
        return cls(**values)
