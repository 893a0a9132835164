"""What the metadata service counts, as Prometheus reads it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class ServiceMetrics:
    """The service's metrics.

    Attributes:
        registry: Holds them; what a metrics page shows.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._calls = Counter(
            "tidemill_metadata_calls",
            "Calls answered, by method and gRPC status.",
            ("method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "tidemill_metadata_call_seconds",
            "Time from a call's arrival to its answer, failed calls included.",
            ("method",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._connected = Gauge(
            "tidemill_metadata_connected",
            "Whether the database answered when it was asked last: 1 or 0.",
            registry=self.registry,
        )

    def count(self, method: str, status: str, seconds: float) -> None:
        """Records one call."""
        self._calls.labels(method, status).inc()
        self._seconds.labels(method).observe(seconds)

    def set_connected(self, *, connected: bool) -> None:
        """Records whether the database answers."""
        self._connected.set(int(connected))
