"""Watches a model's base path and keeps its versions as the policy wants them."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from serving.errors import Code, ServingError
from serving.server.transitions import Plan, RetryPolicy, State, VersionStatus, plan
from serving.server.versions import Latest, VersionPolicy, remarks, version_folders

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from serving.server.model_versions import ModelVersions, ServableT

_log = logging.getLogger(__name__)
# How soon it is looked again whether an old version has left, where a new one waits for that.
_TICK_S = 0.1


@dataclass(frozen=True)
class Source:
    """Where versions come from, and which of them are wanted."""

    base_path: Path
    policy: VersionPolicy = field(default_factory=Latest)


@dataclass(frozen=True)
class LoadRules:
    """How versions are loaded.

    Attributes:
        retries: What happens after a failed load.
        slots: Held during a load, so that only so many run at once.
        preserve_resources: Whether old versions go before new ones come.
    """

    retries: RetryPolicy
    slots: AbstractContextManager[object] = field(default_factory=contextlib.nullcontext)
    preserve_resources: bool = False


class Watcher:
    """Loads new versions of one model and unloads old ones, in a thread of its own.

    Args:
        versions: The register to keep up to date.
        source: Where the versions come from.
        load: Loads a version folder; any exception is a failed load.
        rules: How they are loaded.
        poll_wait_s: Seconds between two looks; 0 looks once, a negative number never.

    Attributes:
        first_load: Done when each version that was wanted at first is available or has failed once
            and one of them is available; holds the statuses of those that failed for good when
            none of them can be. Cancelled when the model is dropped before that.
    """

    def __init__(
        self,
        versions: ModelVersions[ServableT],
        source: Source,
        load: Callable[[Path], ServableT],
        rules: LoadRules,
        poll_wait_s: int,
    ) -> None:
        self._versions = versions
        self._source: Source | None = source
        self._load = load
        self._rules = rules
        self._poll_wait_s = poll_wait_s
        self._poll_due = poll_wait_s >= 0
        self._folders: dict[int, Path] = {}
        self._said: frozenset[str] = frozenset()
        self._wake = threading.Event()
        # A daemon: a load inside TensorFlow cannot be interrupted and must not keep the process.
        self._thread = threading.Thread(
            target=self._run, name=f"watcher-{versions.name}", daemon=True
        )
        self.first_load: Future[list[VersionStatus]] = Future()

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def change(self, source: Source) -> None:
        """Sets where the versions come from from now on, and looks there at once."""
        self._source = source
        self._poll_due = self._poll_wait_s >= 0
        self._wake.set()

    def retire(self) -> None:
        """Unloads every version and then ends the thread."""
        self._source = None
        self._wake.set()

    def poll(self) -> None:
        """Looks at the base path once. When it cannot be read, everything stays as it is."""
        source = self._source
        if source is None:
            return
        name = self._versions.name
        try:
            folders = version_folders(source.base_path)
        except OSError as error:
            _log.warning("cannot look for versions of %s: %s", name, error)
            return
        self._folders = {version: its[0] for version, its in folders.items()}
        if not source.policy.select(self._folders):
            _log.warning("no versions of %s to serve in %s", name, source.base_path)
        self._say(remarks(source.policy, folders))

    def _say(self, texts: frozenset[str]) -> None:
        """Logs what was not so at the last look."""
        for text in sorted(texts - self._said):
            _log.warning("%s: %s", self._versions.name, text)
        self._said = texts

    def settle(self) -> None:
        """Carries out what is due: loads first, then unloads."""
        wanted = self._wanted()
        self._carry_out(self._plan(wanted))
        self._carry_out(self._plan(wanted))
        self._report_first_load(wanted)

    def _wanted(self) -> frozenset[int]:
        source = self._source
        return frozenset() if source is None else source.policy.select(self._folders)

    def _plan(self, wanted: frozenset[int]) -> Plan:
        return plan(
            wanted,
            self._versions.statuses(),
            time.monotonic(),
            preserve_resources=self._rules.preserve_resources,
        )

    def _run(self) -> None:
        while True:
            self._wake.clear()
            retired = self._source is None
            if self._poll_due:
                self._poll_due = self._poll_wait_s > 0
                self.poll()
            self.settle()
            if retired:
                self.first_load.cancel()
                return
            self._wake.wait(self._pause())

    def _pause(self) -> float | None:
        """Seconds until something is due; None when nothing ever is."""
        statuses = self._versions.statuses().values()
        now = time.monotonic()
        pauses = [max(s.retry_at - now, 0.0) for s in statuses if s.retry_at is not None]
        if self._poll_wait_s > 0:
            pauses.append(float(self._poll_wait_s))
        if self._rules.preserve_resources and any(s.state is State.UNLOADING for s in statuses):
            pauses.append(_TICK_S)
        return min(pauses, default=None)

    def _carry_out(self, steps: Plan) -> None:
        for version in steps.abandon:
            status = self._versions.statuses()[version]
            self._versions.record(
                VersionStatus(version, State.END, status.error, status.failures, abandoned=True)
            )
        for version in steps.unload:
            _log.info("unloading %s version %d", self._versions.name, version)
            self._versions.retire(version)
        for version in steps.load:
            self._load_version(version)

    def _load_version(self, version: int) -> None:
        name = self._versions.name
        known = self._versions.statuses().get(version)
        failures = known.failures if known and not known.abandoned else 0
        self._versions.record(VersionStatus(version, State.START, failures=failures))
        with self._rules.slots:
            self._versions.record(VersionStatus(version, State.LOADING, failures=failures))
            started = time.monotonic()
            try:
                servable = self._load(self._folders[version])
            except Exception as error:  # noqa: BLE001 - whatever is wrong, the rest goes on
                failure = _as_serving_error(error)
                _log.error("loading %s version %d failed: %s", name, version, failure)
                self._versions.record(
                    self._rules.retries.after_failure(
                        version, failure, failures + 1, time.monotonic()
                    )
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
        mine = [statuses[v] for v in sorted(wanted) if v in statuses]
        available = any(status.state is State.AVAILABLE for status in mine)
        if all(status.gave_up for status in mine):
            self.first_load.set_result(mine)
        elif available and all(s.state is State.AVAILABLE or s.error for s in mine):
            self.first_load.set_result([])


def _as_serving_error(error: Exception) -> ServingError:
    return error if isinstance(error, ServingError) else ServingError.of(Code.UNKNOWN, str(error))
