"""Sends many rows in several requests, and finds the rows that the server refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from serving.errors import Code, ServingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from serving.client.api import Client

# What a server says of a request that is wrong, whoever asks and whenever.
_ROWS_FAULT = frozenset({Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION, Code.OUT_OF_RANGE})


@dataclass(frozen=True)
class RowAnswer:
    """What the server says of one row.

    Attributes:
        index: The row's number, from 0.
        outputs: The outputs by name; none when the row was refused.
        error: Why the row was refused; None when it was not.
    """

    index: int
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: ServingError | None = None


def predict_in_batches(
    client: Client, rows: Sequence[Mapping[str, object]], signature: str, size: int
) -> Iterator[RowAnswer]:
    """Yields an answer for each row, in their order.

    Of a request that is refused each half is sent again, down to the rows that are to blame: one
    bad row costs no other its answer.

    Args:
        client: Asks the server.
        rows: As for `Client.predict`.
        signature: The signature to call.
        size: How many rows a request has.

    Raises:
        ServingError: The server failed in a way that is no row's fault.
    """
    for first in range(0, len(rows), size):
        yield from _answers(client, rows[first : first + size], signature, first)


def _answers(
    client: Client, rows: Sequence[Mapping[str, object]], signature: str, first: int
) -> Iterator[RowAnswer]:
    try:
        columns = client.predict(rows, signature)
    except ServingError as error:
        if error.code not in _ROWS_FAULT:
            raise
        if len(rows) == 1:
            yield RowAnswer(first, error=error)
            return
        half = len(rows) // 2
        yield from _answers(client, rows[:half], signature, first)
        yield from _answers(client, rows[half:], signature, first + half)
        return
    for alias, column in columns.items():
        if len(column) != len(rows):
            raise ServingError.of(
                Code.INTERNAL, f"the output {alias} has {len(column)} for {len(rows)} rows"
            )
    for index, values in enumerate(zip(*columns.values(), strict=True), first):
        yield RowAnswer(index, dict(zip(columns, values, strict=True)))
