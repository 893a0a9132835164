"""What `pipeline.yaml` says about the search, as the use case's `tuner_fn` gets it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class SearchOptions:
    """The section `tuner`, and the seed of the section `trainer`.

    Attributes:
        trials: Models to try, at most.
        objective: Metric of Keras's history to judge a trial by, such as `val_loss`.
        direction: `min` or `max`; None lets KerasTuner infer it for metrics that it knows.
        time_budget_seconds: Seconds for all trials.
        epochs: Epochs of a trial, at most.
        seed: Seed of the search and of each trial's weights.
    """

    trials: int
    objective: str
    direction: str | None
    time_budget_seconds: float
    epochs: int
    seed: int

    @classmethod
    def from_custom_config(cls, custom_config: Mapping[str, Any] | None) -> SearchOptions:
        """Reads `fn_args.custom_config`, which `pipeline.training_nodes` fills.

        Raises:
            ValueError: The mapping lacks a value.
        """
        config = custom_config or {}
        section = {**config.get("tuner", {}), "seed": config.get("training", {}).get("seed")}
        names = [field.name for field in fields(cls)]
        missing = [name for name in names if name not in section]
        if missing or section["seed"] is None:
            raise ValueError(
                f"custom_config['tuner'] lacks {missing}, or custom_config['training'] a seed; "
                "Tidemill's pipeline passes them all, so pass its whole mapping when you call "
                "tuner_fn by hand"
            )
        return cls(**{name: section[name] for name in names})
