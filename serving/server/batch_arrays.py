"""Puts the arrays of several requests together, and takes their answers apart again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from serving.errors import Code, InvalidArgumentError, ServingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from serving.server.batching_parameters import BatchingParameters

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]


def batch_size(inputs: Mapping[str, Array]) -> int:
    """Returns how many rows a request has.

    Raises:
        InvalidArgumentError: An input has no rows, or they have unequal numbers of them.
    """
    sizes: set[int] = set()
    for array in inputs.values():
        if array.ndim == 0:
            raise InvalidArgumentError(
                "Batching Run() input tensors must have at least one dimension"
            )
        sizes.add(array.shape[0])
    if len(sizes) != 1:
        raise InvalidArgumentError(
            "Batching Run() input tensors must have equal 0th-dimension size"
        )
    return sizes.pop()


def merge(requests: Sequence[Mapping[str, Array]], parameters: BatchingParameters) -> Arrays:
    """Returns the rows of all requests, filled up to an allowed size with copies of a real row.

    Raises:
        ServingError: FAILED_PRECONDITION when shapes differ and are not to be made equal.
    """
    merged: Arrays = {}
    for alias in requests[0]:
        parts = [request[alias] for request in requests]
        if parameters.pad_inputs:
            parts = _pad(parts)
        elif len({part.shape[1:] for part in parts}) > 1:
            raise ServingError.of(
                Code.FAILED_PRECONDITION,
                f"Tensors with name '{alias}' from different tasks have different shapes and "
                "padding is turned off. Set pad_variable_length_inputs to true, or ensure that "
                "all tensors with the same name have equal dimensions starting with the first dim.",
            )
        size = sum(map(len, parts))
        missing = parameters.padded_size(size) - size
        if missing:
            parts.append(np.repeat(parts[-1][:1], missing, axis=0))
        merged[alias] = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return merged


def split(outputs: Mapping[str, Array], sizes: Sequence[int], expected: int) -> list[Arrays]:
    """Returns each request's rows of the outputs.

    Args:
        outputs: What the model gave for all rows.
        sizes: How many rows each request had.
        expected: How many rows there were, those to fill up included.

    Raises:
        ServingError: FAILED_PRECONDITION when an output does not have a row for each row.
    """
    for array in outputs.values():
        if array.ndim == 0:
            raise ServingError.of(
                Code.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions"
            )
        if array.shape[0] != expected:
            raise ServingError.of(
                Code.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th "
                "dimension sizes of the input tensors",
            )
    answers: list[Arrays] = []
    start = 0
    for size in sizes:
        answers.append({alias: array[start : start + size] for alias, array in outputs.items()})
        start += size
    return answers


def cut(inputs: Mapping[str, Array], sizes: Sequence[int]) -> list[Arrays]:
    """Returns the rows of one request in parts of the given sizes."""
    return split(inputs, sizes, sum(sizes))


def part_sizes(size: int, room: int, most: int) -> list[int]:
    """Returns the sizes of the parts into which a request is cut.

    Args:
        size: How many rows it has.
        room: How many rows still fit into the batch that is open.
        most: How many rows fit into a batch.
    """
    sizes = [min(size, room)] if room else []
    left = size - sum(sizes)
    sizes += [most] * (left // most)
    return sizes + [left % most] * bool(left % most)


def _pad(parts: list[Array]) -> list[Array]:
    ranks = {part.ndim for part in parts}
    if len(ranks) > 1:
        raise ServingError.of(
            Code.FAILED_PRECONDITION, "Tensors of different ranks cannot be padded to one shape"
        )
    largest = np.max([part.shape[1:] for part in parts], axis=0)
    return [_pad_one(part, largest) for part in parts]


def _pad_one(part: Array, largest: Any) -> Array:
    widths = [(0, 0), *((0, int(d)) for d in np.subtract(largest, part.shape[1:]))]
    if not any(after for _, after in widths):
        return part
    return np.pad(part, widths, constant_values=b"" if part.dtype == object else 0)
