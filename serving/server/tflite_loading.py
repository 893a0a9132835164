"""Loads TensorFlow Lite models where the flags prefer them.

TensorFlow Lite is imported with the first such model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.server.batch_scheduler import BatchScheduler
from serving.server.batched_servable import BatchedServable
from serving.server.batching_parameters import BatchingParameters
from serving.server.metrics import ServerMetrics

if TYPE_CHECKING:
    from pathlib import Path

    from serving.server.flags import ServerFlags
    from serving.server.model_service import Servable

_FILE = "model.tflite"
_MOST_ROWS = 500
_BATCHES_FOR_EACH_POOL = 100


class TfliteLoader:
    """Loads the TensorFlow Lite models of version folders.

    Args:
        pools: How many requests of a model run at the same time; at least one.
        interpreters_per_pool: More than one, and requests that wait run together, the fewer rows at
            once the greater it is.
    """

    def __init__(self, pools: int, interpreters_per_pool: int) -> None:
        self._pools = max(pools, 1)
        self._divisor = interpreters_per_pool
        # The metrics of batches are those of --enable_batching, which this has nothing to do with.
        self._scheduler = (
            BatchScheduler(self._pools, ServerMetrics()) if interpreters_per_pool > 1 else None
        )

    @classmethod
    def from_flags(cls, flags: ServerFlags) -> TfliteLoader | None:
        """Returns the loader that the flags want; None when they want SavedModels alone."""
        if not flags.prefer_tflite_model:
            return None
        return cls(flags.num_tflite_pools, flags.num_tflite_interpreters_per_pool)

    def load(self, folder: Path) -> Servable | None:
        """Loads the model of a version folder; None when the folder has none for TensorFlow Lite.

        Raises:
            ServingError: The model is not valid.
        """
        file = folder / _FILE
        if not file.is_file():
            return None
        from serving.server.tflite_model import TfliteModel

        model = TfliteModel(file, self._pools)
        if self._scheduler is None:
            return model
        parameters = batching_parameters(self._pools, self._divisor, model.batch_size)
        return BatchedServable(model, self._scheduler, parameters)


def batching_parameters(
    pools: int, interpreters_per_pool: int, model_batch_size: int
) -> BatchingParameters:
    """Returns how TensorFlow Serving puts requests together where pools have several interpreters.

    Args:
        pools: How many batches run at the same time.
        interpreters_per_pool: How many there would be in each.
        model_batch_size: The rows that the model was saved for; 1 when that is not known.
    """
    share = -(-_MOST_ROWS // interpreters_per_pool)
    return BatchingParameters(
        max_batch_size=_MOST_ROWS,
        max_enqueued_batches=pools * _BATCHES_FOR_EACH_POOL,
        num_batch_threads=pools,
        split_large=True,
        max_execution_batch_size=min(
            model_batch_size if model_batch_size > 1 else share, _MOST_ROWS
        ),
    )
