"""What compiling for Kubeflow gives: a package to upload, and what is said about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Parameters of a compiled pipeline. None is ever left to its default: Kubeflow may pass an omitted
# one as an empty text.
PIPELINE_ROOT = "pipeline_root"
SPAN = "span"


@dataclass(frozen=True)
class CompiledPipeline:
    """A pipeline in the form that Kubeflow takes.

    Attributes:
        name: Name of the pipeline.
        text: The package, YAML; the same input gives the same text.
        parameters: Every parameter of a run with the value that it has when nobody gives another:
            `pipeline_root`, and `span`, whose empty text means the newest.
        tasks: The tasks in order, each with the nodes that it runs.
    """

    name: str
    text: str
    parameters: Mapping[str, str]
    tasks: Mapping[str, tuple[str, ...]]

    @property
    def digest(self) -> str:
        """SHA-256 of the package, hexadecimal: another one means another version."""
        return hashlib.sha256(self.text.encode()).hexdigest()
