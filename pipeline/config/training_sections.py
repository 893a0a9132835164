"""Sections about training: the search for hyperparameters and the training itself."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config.base import DottedPath, FreeMapping, Section, Text

MAX_SEED = 2**32 - 1


class TunerConfig(Section):
    """The search for hyperparameters with KerasTuner."""

    enabled: bool = Field(
        default=False, description="Whether the training uses hyperparameters that were searched."
    )
    run: Literal["always", "when_data_changes", "never"] = Field(
        default="when_data_changes",
        description="When to search. `when_data_changes`: when the transformed data, this section, "
        "`trainer.parameters` or the code that `tuner_fn` uses has changed since the search; "
        "otherwise its best hyperparameters are reused. `always`: in every run, so that every run "
        "trains a model, too, and none finds nothing new. "
        "`never`: use those of the latest search of this pipeline; without one the run fails.",
    )
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
        default=600,
        ge=1,
        description="Time for all trials; a search that has used it up stops, and gives other "
        "results where the machine is faster.",
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
    warm_start: bool = Field(
        default=False,
        description="Whether training starts from the weights of the latest pushed model; "
        "`run_fn` calls `keras_toolkit.warm_start`. The first training with the hyperparameters "
        "of a new search is cold. A model of another architecture is refused: vocabularies that "
        "grow with the data change the shape of embeddings.",
    )
    cold_every: int | None = Field(
        default=None,
        ge=2,
        description="With `warm_start`: every how many trainings one starts cold; null: only "
        "where there is nothing to start from.",
    )
    parameters: FreeMapping = Field(
        default={}, description="Free mapping, handed to the use case's own code as it is."
    )
