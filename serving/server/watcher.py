"""Watches a model's base path and keeps its versions as the policy wants them."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING

from serving.errors import Code, ServingError
from serving.server.transitions import Plan, RetryPolicy, State, VersionStatus, plan
from serving.server.versions import find_versions, latest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from serving.server.model_versions import ModelVersions, ServableT

_log = logging.getLogger(__name__)


class Watcher:
    """Loads new versions and unloads old ones, in a thread of its own.

    Args:
        versions: The register to keep up to date.
        base_path: The folder that holds the version folders.
        load: Loads a version folder; any exception is a failed load.
        retries: What happens after a failed load.
        poll_wait_s: Seconds between two looks; 0 looks once, a negative number never.

    Attributes:
        first_load: Done when the first versions are available; fails with a `ServingError` when
            one of them failed for good.
    """

    def __init__(
        self,
        versions: ModelVersions[ServableT],
        base_path: Path,
        load: Callable[[Path], ServableT],
        retries: RetryPolicy,
        poll_wait_s: int,
    ) -> None:
        self._versions = versions
        self._base_path = base_path
        self._load = load
        self._retries = retries
        self._poll_wait_s = poll_wait_s
        self._folders: dict[int, Path] = {}
        self._stop = threading.Event()
        # A daemon: a load inside TensorFlow cannot be interrupted and must not keep the process.
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self.first_load: Future[None] = Future()

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Stops the thread; returns whether it ended within `timeout_s` seconds."""
        self._stop.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def poll(self) -> None:
        """Looks at the base path once. When it cannot be read, everything stays as it is."""
        try:
            self._folders = find_versions(self._base_path)
        except OSError as error:
            _log.warning("cannot look for versions of %s: %s", self._versions.name, error)
            return
        if not self._folders:
            _log.warning("no versions of %s in %s", self._versions.name, self._base_path)

    def settle(self) -> None:
        """Carries out what is due: loads first, then unloads."""
        wanted = latest(self._folders)
        self._carry_out(self._plan(wanted))
        self._carry_out(self._plan(wanted))
        self._report_first_load(wanted)

    def _plan(self, wanted: frozenset[int]) -> Plan:
        return plan(wanted, self._versions.statuses(), time.monotonic())

    def _run(self) -> None:
        polls = self._poll_wait_s >= 0
        while not self._stop.is_set():
            if polls:
                self.poll()
                self.settle()
            else:
                self.settle()
            polls = self._poll_wait_s > 0
            self._stop.wait(self._pause())

    def _pause(self) -> float | None:
        """Seconds until something is due; None when nothing ever is."""
        due = [s.retry_at for s in self._versions.statuses().values() if s.retry_at is not None]
        pauses = [max(moment - time.monotonic(), 0.0) for moment in due]
        if self._poll_wait_s > 0:
            pauses.append(float(self._poll_wait_s))
        return min(pauses, default=None)

    def _carry_out(self, steps: Plan) -> None:
        for version in steps.abandon:
            status = self._versions.statuses()[version]
            self._versions.record(VersionStatus(version, State.END, status.error, status.failures))
        for version in steps.load:
            self._load_version(version)
        for version in steps.unload:
            _log.info("unloading %s version %d", self._versions.name, version)
            self._versions.retire(version)

    def _load_version(self, version: int) -> None:
        name = self._versions.name
        known = self._versions.statuses().get(version)
        failures = known.failures if known else 0
        self._versions.record(VersionStatus(version, State.LOADING, failures=failures))
        started = time.monotonic()
        try:
            servable = self._load(self._folders[version])
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a model, the rest goes on
            failure = _as_serving_error(error)
            _log.error("loading %s version %d failed: %s", name, version, failure)
            self._versions.record(
                self._retries.after_failure(version, failure, failures + 1, time.monotonic())
            )
            return
        self._versions.publish(version, servable)
        _log.info(
            "%s version %d is available after %.1f s", name, version, time.monotonic() - started
        )

    def _report_first_load(self, wanted: frozenset[int]) -> None:
        if self.first_load.done() or not wanted:
            return
        statuses = self._versions.statuses()
        failed = [statuses[v] for v in sorted(wanted) if statuses[v].gave_up]
        if failed:
            self.first_load.set_exception(_first_load_error(self._versions.name, failed))
        elif all(statuses[v].state is State.AVAILABLE for v in wanted):
            self.first_load.set_result(None)


def _as_serving_error(error: Exception) -> ServingError:
    return error if isinstance(error, ServingError) else ServingError.of(Code.UNKNOWN, str(error))


def _first_load_error(name: str, failed: list[VersionStatus]) -> ServingError:
    causes = "".join(
        f"{{name: {name} version: {s.version}}} due to error: {s.error}, " for s in failed
    )
    return ServingError.of(
        Code.UNKNOWN, f"{len(failed)} servable(s) did not become available: {{{causes}}}"
    )
