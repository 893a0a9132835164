"""How a model was trained: what it takes to understand it, and to train it again."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGES = ("tensorflow", "keras", "keras-tuner", "tensorflow-transform", "tfx")


@dataclass(frozen=True)
class TrainingRecord:
    """The value of `components.training_record.TRAINING_PROPERTY`.

    Attributes:
        run_id: The run that trained.
        seed: Seed of weights, shuffling and search; None if the use case was given none.
        hyperparameters: What the search found best, by name; empty without a search.
        search: `run_id` and `finished` of that search, or None.
        warm_start: Whether a warm start was asked for.
        base_model: `run_id`, `model_artifact_id` and `model_uri` of the model that the training
            started from; None for a cold start.
        software: Versions of Python and of the packages that trained, by name.
    """

    run_id: str
    seed: int | None = None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    search: Mapping[str, Any] | None = None
    warm_start: bool = False
    base_model: Mapping[str, Any] | None = None
    software: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Returns the record as one JSON object."""
        return json.dumps(asdict(self))


def installed_software() -> dict[str, str]:
    """Returns the versions of Python and of the packages that a model depends on."""
    versions = {package: metadata.version(package) for package in _PACKAGES}
    return {"python": platform.python_version(), **versions}
