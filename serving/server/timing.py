"""Times requests and the runs of models. Free of what keeps the numbers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from serving.errors import Code, ServingError
from serving.server.must_wait import MustWaitError

if TYPE_CHECKING:
    from types import TracebackType

    from serving.server.metrics import Histogram, RequestNotes, ServerMetrics


class TimedRequest:
    """The `with` block of a request; it gives the notes of the request."""

    def __init__(
        self, metrics: ServerMetrics, labels: tuple[str, str, str], notes: RequestNotes
    ) -> None:
        self._metrics = metrics
        self._labels = labels
        self._notes = notes
        self._started = time.perf_counter()

    def __enter__(self) -> RequestNotes:
        return self._notes

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is MustWaitError:
            return
        failure = error.code.name if isinstance(error, ServingError) else Code.INTERNAL.name
        self._notes.code = Code.OK.name if error is None else failure
        self._metrics.count_request(self._labels, self._notes, _microseconds(self._started))


class TimedRun:
    """The `with` block of a model's run."""

    def __init__(self, latency: Histogram, labels: tuple[str, str, str]) -> None:
        self._latency = latency
        self._labels = labels
        self._started = time.perf_counter()

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._latency.add(_microseconds(self._started), *self._labels)


def _microseconds(started: float) -> float:
    return float(round((time.perf_counter() - started) * 1e6))
