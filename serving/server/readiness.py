"""Whether this server wants requests, for probes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Readiness:
    """Shared by what decides about it and what reports it.

    Attributes:
        serves: Whether there is a model that can be asked.
        open: True once the first models are served, until a stop is asked for.
    """

    serves: Callable[[], bool]
    open: bool = False

    @property
    def ready(self) -> bool:
        """Whether requests are wanted now."""
        return self.open and self.serves()
