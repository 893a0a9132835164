"""What `pipeline.yaml` says about training, as the use case's `run_fn` and `tuner_fn` get it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class TrainingOptions:
    """The section `trainer` and the names of the label.

    Attributes:
        label: The label after Transform.
        raw_label: The raw feature that the label is made of; None when there is none.
        epochs: Passes over the train split, at most.
        batch_size: Examples in a step.
        patience: Epochs without a better `val_loss` before training stops.
        seed: Seed of weights, shuffling and search.
        parameters: Free values for the use case's own code.
    """

    label: str
    raw_label: str | None
    epochs: int
    batch_size: int
    patience: int
    seed: int
    parameters: Mapping[str, Any]

    @classmethod
    def from_custom_config(cls, custom_config: Mapping[str, Any] | None) -> TrainingOptions:
        """Reads `fn_args.custom_config`, which `pipeline.training_nodes` fills.

        Raises:
            ValueError: The mapping lacks a value.
        """
        section = (custom_config or {}).get("training", {})
        names = [field.name for field in fields(cls)]
        missing = [name for name in names if name not in section]
        if missing:
            raise ValueError(
                f"custom_config['training'] lacks {missing}; Tidemill's pipeline passes them all, "
                "so pass its whole mapping when you call run_fn or tuner_fn by hand"
            )
        return cls(**{name: section[name] for name in names})
