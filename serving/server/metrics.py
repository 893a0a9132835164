"""Counts what a server does, and writes it down in Prometheus' text format.

Names, labels and buckets are TensorFlow Serving's, so that its dashboards work. (Its names hold
slashes, which Prometheus knows as colons; counters have no `_total`; there are no help lines. That
is why Prometheus' own client, which would add both, does not write the page.)
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from serving.errors import Code
from serving.server.timing import TimedRequest, TimedRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OWN = "/tidemill/serving/"
_OK = Code.OK.name
_DETAILS = ("model_name", "version", "signature_name", "API", "entrypoint", "status")


class Metric:
    """A family of numbers, one for each combination of labels."""

    kind = ""

    def __init__(self, name: str, labels: Sequence[str]) -> None:
        self.name = name
        self._labels = tuple(labels)
        self._lock = threading.Lock()

    def lines(self) -> Iterator[str]:
        """Yields the metric as lines of text."""
        shown = self.name.replace("/", ":")
        yield f"# TYPE {shown} {self.kind}"
        yield from self._samples(shown)

    def first_value(self) -> int:
        """Returns the number of the first combination of labels; 0 when there is none."""
        return 0

    def _samples(self, shown: str) -> Iterator[str]:
        raise NotImplementedError

    def _pairs(self, values: Sequence[str]) -> list[str]:
        pairs = zip(self._labels, values, strict=True)
        return [f'{label}="{_escape(value)}"' for label, value in pairs]


class Counter(Metric):
    """Counts up."""

    kind = "counter"

    def __init__(self, name: str, *labels: str) -> None:
        super().__init__(name, labels)
        self._cells: dict[tuple[str, ...], int] = {}

    def add(self, *labels: str, by: int = 1) -> None:
        """Adds to the number with these label values."""
        with self._lock:
            self._cells[labels] = self._cells.get(labels, 0) + by

    def first_value(self) -> int:
        """Returns the number of the first combination of labels; 0 when there is none."""
        with self._lock:
            return next(iter(self._cells.values()), 0)

    def _samples(self, shown: str) -> Iterator[str]:
        with self._lock:
            cells = sorted(self._cells.items())
        for labels, value in cells:
            yield f"{shown}{{{','.join(self._pairs(labels))}}} {value}"


class TextGauge(Metric):
    """Texts, one for each combination of labels.

    The page can only say numbers: the text is one more label, and the number is always 0.

    Args:
        name: Its name.
        text: What the label with the text is called.
        labels: The other labels.
    """

    kind = "gauge"

    def __init__(self, name: str, text: str, *labels: str) -> None:
        super().__init__(name, (*labels, text))
        self._texts: dict[tuple[str, ...], str] = {}

    def show(self, text: str, *labels: str) -> None:
        """Sets the text with these label values."""
        with self._lock:
            self._texts[labels] = text

    def _samples(self, shown: str) -> Iterator[str]:
        with self._lock:
            texts = sorted(self._texts.items())
        for labels, text in texts:
            yield f"{shown}{{{','.join(self._pairs((*labels, text)))}}} 0"


class Histogram(Metric):
    """Counts values by their size.

    Args:
        name: Its name.
        labels: Its labels.
        first: The first bucket's bound.
        growth: Each bound is so many times the one before.
        buckets: How many bounds there are; beyond the last one lies one more bucket.
    """

    kind = "histogram"

    def __init__(
        self, name: str, labels: Sequence[str], first: float, growth: float, buckets: int
    ) -> None:
        super().__init__(name, labels)
        self._bounds = list(accumulate([first] + [growth] * (buckets - 1), lambda a, b: a * b))
        self._cells: dict[tuple[str, ...], tuple[list[int], list[float]]] = {}

    def add(self, value: float, *labels: str) -> None:
        """Counts a value under these label values."""
        bucket = bisect_right(self._bounds, value)
        with self._lock:
            cell = self._cells.get(labels)
            if cell is None:
                cell = self._cells[labels] = ([0] * (len(self._bounds) + 1), [0.0])
            cell[0][bucket] += 1
            cell[1][0] += value

    def _samples(self, shown: str) -> Iterator[str]:
        with self._lock:
            cells = sorted((labels, list(c), s[0]) for labels, (c, s) in self._cells.items())
        bounds = [f"{bound:.6g}" for bound in self._bounds] + ["+Inf"]
        for labels, counts, total in cells:
            pairs = self._pairs(labels)
            for bound, count in zip(bounds, accumulate(counts), strict=True):
                joined = ",".join([*pairs, f'le="{bound}"'])
                yield f"{shown}_bucket{{{joined}}} {count}"
            yield f"{shown}_sum{{{','.join(pairs)}}} {total!r}"
            yield f"{shown}_count{{{','.join(pairs)}}} {sum(counts)}"


@dataclass
class RequestNotes:
    """What comes to be known of a request while it runs.

    Attributes:
        version: The version that answers it; "" while there is none.
        signature: The signature that it calls; "" while that is not known to exist.
        model: The model that it names; "" while that is not known.
        code: The name of the status with which it ended; "" until then.
    """

    version: str = ""
    signature: str = ""
    model: str = ""
    code: str = ""


class ServerMetrics:
    """The metrics of a server; latencies are in microseconds."""

    def __init__(self) -> None:
        self.request_count = Counter("/tensorflow/serving/request_count", "model_name", "status")
        self.request_latency = _latency("request_latency", "model_name", "API", "entrypoint")
        self.runtime_latency = _latency("runtime_latency", "model_name", "API", "runtime")
        self.example_counts = Histogram(
            "/tensorflow/serving/request_example_counts", ("model",), 1, 2, 15
        )
        self.example_count_total = Counter(
            "/tensorflow/serving/request_example_count_total", "model"
        )
        self.request_log_count = Counter(
            "/tensorflow/serving/request_log_count", "model_name", "status_code"
        )
        self.warmup_latency = _latency("model_warmup_latency", "model_path", "status")
        self.warmup_records_read = Counter(
            "/tensorflow/serving/model_warmup_records_read", "model_path", "status"
        )
        self.mlmd_map = TextGauge(
            "/tensorflow/serving/mlmd_map", "mlmd_uuid", "model_name", "version"
        )
        batching = "/tensorflow/serving/batching_session/"
        self.queuing_latency = Histogram(
            f"{batching}queuing_latency", ("thread_pool_name",), 100, 1.2, 52
        )
        self.wrapped_run_count = Counter(f"{batching}wrapped_run_count")
        self.padding_size = Histogram(
            f"{batching}padding_size", ("execution_batch_size",), 1, 2, 15
        )
        self.input_batch_size = Histogram(f"{batching}input_batch_size", (), 1, 2, 15)
        self.processed_batch_size = Histogram(f"{batching}processed_batch_size", (), 1, 2, 15)
        self._detailed_latency = Histogram(f"{_OWN}request_latency", _DETAILS, 10, 1.8, 33)
        self.access_log_count = Counter(f"{_OWN}access_log_count", "status_code")
        metrics = [value for value in vars(self).values() if isinstance(value, Metric)]
        self._metrics = {metric.name: metric for metric in metrics}

    def request(
        self, model: str, api: str, entrypoint: str, notes: RequestNotes | None = None
    ) -> TimedRequest:
        """Counts the request that runs inside, and how long it took.

        As in TensorFlow Serving `request_latency` knows of successes alone; the detailed latency
        knows of failures, too, and of what was noted.
        """
        notes = notes or RequestNotes()
        notes.model = model
        return TimedRequest(self, (model, api, entrypoint), notes)

    def runtime(self, model: str, api: str) -> TimedRun:
        """Notes how long the model that runs inside took if it succeeds."""
        return TimedRun(self.runtime_latency, (model, api, "TF1"))

    def count_request(self, labels: tuple[str, str, str], notes: RequestNotes, us: float) -> None:
        """Counts a request that is over.

        Args:
            labels: Its model, API and entrypoint.
            notes: What is known of it.
            us: How long it took, microseconds.
        """
        if notes.code == _OK:
            self.request_latency.add(us, *labels)
        model, api, entrypoint = labels
        self.request_count.add(model, notes.code)
        details = (model, notes.version, notes.signature, api, entrypoint, notes.code)
        self._detailed_latency.add(us, *details)

    def page(self) -> str:
        """Returns TensorFlow Serving's metrics in Prometheus' text format."""
        return self._page(own=False)

    def detailed_page(self) -> str:
        """Returns what TensorFlow Serving does not tell, in Prometheus' text format."""
        return self._page(own=True)

    def value_of(self, name: str) -> int:
        """Returns the number of a counter, with its slashes; 0 for what is not counted here."""
        metric = self._metrics.get(name)
        return 0 if metric is None else metric.first_value()

    def _page(self, *, own: bool) -> str:
        names = [name for name in sorted(self._metrics) if name.startswith(_OWN) == own]
        lines = [line for name in names for line in self._metrics[name].lines()]
        return "\n".join(lines) + "\n"


def _latency(name: str, *labels: str) -> Histogram:
    # From 10 microseconds to about 20 minutes.
    return Histogram(f"/tensorflow/serving/{name}", labels, 10, 1.8, 33)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
