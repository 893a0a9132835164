"""Batching as the flags want it, over all models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from serving.server.batch_scheduler import BatchScheduler
from serving.server.batched_servable import BatchedServable
from serving.server.batching_parameters import (
    PER_MODEL_FILE,
    BatchingParameters,
    read_parameters,
)
from serving.server.text_config import new_message, read_text_message

if TYPE_CHECKING:
    from pathlib import Path

    from serving.server.flags import ServerFlags
    from serving.server.metrics import ServerMetrics
    from serving.server.model_service import Servable


@dataclass(frozen=True)
class Batching:
    """Puts the requests of servables together.

    Attributes:
        scheduler: The threads, shared by all models.
        parameters: How batches are made.
        per_model: Whether each version says so itself, in a file of its own; versions without one
            are not batched then.
    """

    scheduler: BatchScheduler
    parameters: BatchingParameters
    per_model: bool = False

    @classmethod
    def from_flags(cls, flags: ServerFlags, metrics: ServerMetrics) -> Batching | None:
        """Returns batching as the flags want it; None when they do not.

        Raises:
            ServingError: The parameters file is not valid.
        """
        if not flags.enable_batching:
            return None
        parameters = BatchingParameters()
        if flags.batching_parameters_file:
            parameters = _read(flags.batching_parameters_file)
        scheduler = BatchScheduler(parameters.num_batch_threads, metrics)
        return cls(scheduler, parameters, flags.enable_per_model_batching_parameters)

    def wrap(self, servable: Servable, folder: Path) -> Servable:
        """Returns the servable of a version folder with batching.

        Raises:
            ServingError: The folder's own parameters are not valid.
        """
        parameters = self.parameters
        if self.per_model:
            file = folder / PER_MODEL_FILE
            if not file.is_file():
                return servable
            # The threads are shared by all models: their number and name stay.
            parameters = replace(
                _read(str(file)),
                num_batch_threads=parameters.num_batch_threads,
                thread_pool_name=parameters.thread_pool_name,
            )
        return BatchedServable(servable, self.scheduler, parameters)


def _read(path: str) -> BatchingParameters:
    return read_parameters(read_text_message(path, new_message("BatchingParameters")))
