"""Whether this server wants requests, for probes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Readiness:
    """Shared by what decides about it and what reports it.

    Attributes:
        ready: True once the first models are served, until a stop is asked for.
    """

    ready: bool = False
