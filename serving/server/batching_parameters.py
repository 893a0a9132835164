"""What a batching parameters file says. Free of threads and TensorFlow."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from serving.errors import InvalidArgumentError

DEFAULT_THREAD_POOL = "model_server_batch_threads"
PER_MODEL_FILE = "batching_params.pbtxt"


@dataclass(frozen=True)
class BatchingParameters:
    """How requests are put together.

    Attributes:
        max_batch_size: The most rows of one request, and of one batch where that is not split.
        batch_timeout_s: How long a batch waits for more requests, seconds.
        max_enqueued_batches: The most batches that wait; then requests are refused.
        num_batch_threads: How many batches run at once, over all models.
        thread_pool_name: What metrics call the threads.
        split_large: Whether the rows of one request may go into several batches.
        max_execution_batch_size: The most rows of one batch.
        allowed_batch_sizes: The sizes to which batches are filled up; none is any size.
        pad_inputs: Whether inputs of unequal shapes are filled up with zeros.
    """

    max_batch_size: int = 1000
    batch_timeout_s: float = 0.0
    max_enqueued_batches: int = 10
    num_batch_threads: int = os.cpu_count() or 1
    thread_pool_name: str = DEFAULT_THREAD_POOL
    split_large: bool = False
    max_execution_batch_size: int = 1000
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_inputs: bool = False

    def padded_size(self, size: int) -> int:
        """Returns the size to which a batch of `size` rows is filled up."""
        return next((allowed for allowed in self.allowed_batch_sizes if allowed >= size), size)


def read_parameters(message: Any) -> BatchingParameters:
    """Returns the parameters in a `BatchingParameters` message.

    Raises:
        InvalidArgumentError: They contradict one another.
    """
    standard = BatchingParameters()

    def value(name: str, default: Any) -> Any:
        return getattr(message, name).value if message.HasField(name) else default

    split = value("enable_large_batch_splitting", default=False)
    most = value("max_batch_size", standard.max_batch_size)
    parameters = BatchingParameters(
        max_batch_size=most,
        batch_timeout_s=value("batch_timeout_micros", 0) / 1e6,
        max_enqueued_batches=value("max_enqueued_batches", standard.max_enqueued_batches),
        num_batch_threads=value("num_batch_threads", standard.num_batch_threads),
        thread_pool_name=value("thread_pool_name", standard.thread_pool_name),
        split_large=split,
        max_execution_batch_size=value("max_execution_batch_size", most) if split else most,
        allowed_batch_sizes=tuple(message.allowed_batch_sizes),
        pad_inputs=message.pad_variable_length_inputs,
    )
    _check(parameters)
    return parameters


def _check(parameters: BatchingParameters) -> None:
    numbers = {
        "max_batch_size": parameters.max_batch_size,
        "max_execution_batch_size": parameters.max_execution_batch_size,
        "max_enqueued_batches": parameters.max_enqueued_batches,
        "num_batch_threads": parameters.num_batch_threads,
    }
    for name, number in numbers.items():
        if number < 1:
            raise InvalidArgumentError(f"{name} must be positive; was {number}")
    if parameters.batch_timeout_s < 0:
        raise InvalidArgumentError("batch_timeout_micros must be non-negative")
    if parameters.max_execution_batch_size > parameters.max_batch_size:
        raise InvalidArgumentError("max_execution_batch_size must not exceed max_batch_size")
    sizes = parameters.allowed_batch_sizes
    if any(after <= before for before, after in zip((0, *sizes), sizes, strict=False)):
        raise InvalidArgumentError("allowed_batch_sizes must be positive and increasing")
    if sizes and sizes[-1] != parameters.max_execution_batch_size:
        raise InvalidArgumentError(
            "Last entry in allowed_batch_sizes must match max_batch_size; last entry was "
            f"{sizes[-1]}; expected {parameters.max_execution_batch_size}"
        )
