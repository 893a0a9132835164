"""Logs a sample of the requests that a model answered. Free of TensorFlow.

The thread of a request only puts it into a queue, or counts that there was no room. All else is
done by a thread of the log's own, which outlives every failure to write.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serving.errors import Code
from serving.server.bounded_queue import BoundedQueue
from serving.server.record_files import RotatedRecords, Rotation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from serving.server.log_config import RequestLogSettings
    from serving.server.metrics import Counter

# How soon it is tried again to write after that has failed.
_RETRY_S = 2.0
_CLOSE_S = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exchange:
    """A request that was answered, with its answer.

    Attributes:
        call: "predict", "classify", "regress" or "multi_inference".
        model: The model's name.
        version: The version that answered.
        signature: The signature that was called.
        request: The protocol's message; over REST the input arrays, or the serialized examples.
        response: The protocol's message; over REST the output arrays, the classes or the values.
        size: About how many bytes all this takes.
    """

    call: str
    model: str
    version: int
    signature: str
    request: Any
    response: Any
    size: int


@dataclass(frozen=True)
class RequestLogOptions:
    """What all request logs of a server have in common.

    Attributes:
        rotation: When a file is full.
        buffer_bytes: How much may wait to be written, for each model.
        encode: Makes a record of an exchange; the number is the sampling rate.
        retry_s: How soon it is tried again to write after that has failed, seconds.
    """

    rotation: Rotation
    buffer_bytes: int
    encode: Callable[[Exchange, float], bytes]
    retry_s: float = _RETRY_S


class RequestLog:
    """The log of one model.

    Args:
        model: The model's name.
        settings: Which requests are logged, and where.
        options: How.
        count: Counts records by model and status: OK is written, RESOURCE_EXHAUSTED means that
            there was no room to wait, UNAVAILABLE that the file could not be written.
    """

    def __init__(
        self, model: str, settings: RequestLogSettings, options: RequestLogOptions, count: Counter
    ) -> None:
        self.settings = settings
        self._model = model
        self._options = options
        self._count = count
        self._queue: BoundedQueue[Exchange] = BoundedQueue(options.buffer_bytes)
        self._files = RotatedRecords(settings.prefix, options.rotation)
        self._retry_at = 0.0
        self._lost = 0
        self._said: set[Code] = set()
        self._thread = threading.Thread(target=self._work, name=f"log-{model}", daemon=True)
        self._thread.start()

    def wants_one(self) -> bool:
        """Draws whether a request is logged."""
        return random.random() < self.settings.sampling_rate  # noqa: S311 - nothing secret

    def offer(self, exchange: Exchange) -> None:
        """Logs an exchange if there is room; never waits."""
        self._queue.offer(exchange, exchange.size)

    def close(self, timeout_s: float = _CLOSE_S) -> None:
        """Ends the log once everything is written that waits, or the time is over.

        Args:
            timeout_s: How long to wait, seconds; 0 does not, and leaves the rest to the thread.
        """
        self._queue.close()
        self._thread.join(timeout_s)

    def _work(self) -> None:
        with self._reported():
            for path in self._files.adopt():
                _log.info("the request log %s was left unfinished and is complete now", path)
        while True:
            exchanges, refused = self._queue.take(self._files.seconds_left())
            self._drop(Code.RESOURCE_EXHAUSTED, refused, "it comes faster than it can be written")
            self._store(self._encoded(exchanges))
            with self._reported():
                self._files.rotate()
            if self._queue.closed and not exchanges:
                break
        with self._reported():
            self._files.close()

    def _encoded(self, exchanges: list[Exchange]) -> list[bytes]:
        records = []
        for exchange in exchanges:
            try:
                records.append(self._options.encode(exchange, self.settings.sampling_rate))
            except Exception as error:  # noqa: BLE001 - a request that cannot be logged is no more
                self._drop(Code.INTERNAL, 1, f"{type(error).__name__}: {error}")
        return records

    def _store(self, records: list[bytes]) -> None:
        while records and time.monotonic() >= self._retry_at:
            try:
                written = self._files.write(records)
            except OSError as error:
                self._fail(error)
                break
            self._recover()
            self._count.add(self._model, Code.OK.name, by=written)
            records = records[written:]
        self._lost += len(records)
        self._drop(Code.UNAVAILABLE, len(records), "")

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self._retry_at = time.monotonic() + self._options.retry_s
        self._say(Code.UNAVAILABLE, f"{error}; it is tried again every {self._options.retry_s:g} s")

    def _recover(self) -> None:
        if Code.UNAVAILABLE in self._said:
            _log.info(
                "the request log of %s is written again; %d records were lost",
                self._model,
                self._lost,
            )
            self._said.discard(Code.UNAVAILABLE)
            self._lost = 0

    def _drop(self, code: Code, records: int, why: str) -> None:
        if not records:
            return
        self._count.add(self._model, code.name, by=records)
        if why:
            self._say(code, why)

    def _say(self, code: Code, why: str) -> None:
        """Says a cause once: the metric tells the rest."""
        if code not in self._said:
            self._said.add(code)
            _log.warning("the request log of %s loses records: %s", self._model, why)


class RequestLogs:
    """The logs of all models.

    Args:
        options: How they are written.
        count: Counts records by model and status.
    """

    def __init__(self, options: RequestLogOptions, count: Counter) -> None:
        self._options = options
        self._count = count
        # Replaced as a whole, so that requests need no lock.
        self._logs: Mapping[str, RequestLog] = {}

    def configure(self, wanted: Mapping[str, RequestLogSettings]) -> None:
        """Keeps a log for each model that wants one; the others are ended in their own time."""
        current = self._logs
        kept = {name: log for name, log in current.items() if log.settings == wanted.get(name)}
        fresh = {
            name: RequestLog(name, settings, self._options, self._count)
            for name, settings in wanted.items()
            if name not in kept
        }
        self._logs = {**kept, **fresh}
        for name in current.keys() - kept.keys():
            current[name].close(timeout_s=0)

    def sample(self, model: str) -> RequestLog | None:
        """Returns the log for a request to a model, if this request is to be logged."""
        log = self._logs.get(model)
        return log if log is not None and log.wants_one() else None

    def close(self) -> None:
        """Ends all logs; waits for what is still to be written, but not for ever."""
        for log in self._logs.values():
            log.close()
