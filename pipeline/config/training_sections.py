"""Sections about training: the search for hyperparameters and the training itself."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config.base import DottedPath, FreeMapping, Section, Text

MAX_SEED = 2**32 - 1


class TunerConfig(Section):
    """The search for hyperparameters with KerasTuner."""

    enabled: bool = Field(default=False, description="Whether the pipeline has a Tuner.")
    tuner_fn: DottedPath = Field(
        default="model.tuner_fn",
        description="Dotted path of the function, relative to the use case.",
    )
    trials: int = Field(default=3, ge=1, description="Sets of hyperparameters to try.")
    objective: Text = Field(default="val_loss", description="Metric by which trials are compared.")
    direction: Literal["min", "max"] | None = Field(
        default=None,
        description="Whether a smaller or a larger objective is better; null lets KerasTuner "
        "infer it, which works for built-in metrics.",
    )
    time_budget_seconds: int = Field(
        default=600, ge=1, description="Time for all trials; a search that has used it up stops."
    )
    epochs: int = Field(default=1, ge=1, description="Epochs of each trial.")


class TrainerConfig(Section):
    """The training of the model."""

    run_fn: DottedPath = Field(
        default="model.run_fn",
        description="Dotted path of the function, relative to the use case.",
    )
    epochs: int = Field(default=5, ge=1, description="Passes over the training split, at most.")
    batch_size: int = Field(default=256, ge=1, description="Examples of each training step.")
    patience: int = Field(
        default=2,
        ge=0,
        description="Epochs without a better `val_loss` before training stops early.",
    )
    seed: int = Field(
        default=42, ge=0, le=MAX_SEED, description="Seed of every random number generator."
    )
    parameters: FreeMapping = Field(
        default={}, description="Free mapping, handed to the use case's own code as it is."
    )
