"""One run of a pipeline at a time on Kubeflow, by a lease in the metadata service.

A schedule and a person may start runs of one pipeline at the same moment, and Kubeflow's limit on
concurrency counts the runs of one schedule only. A run takes the lease with its first task, every
task keeps it alive, and the last one, or one that fails with none beside it, gives it back. What a
run leaves behind that was terminated between two pods, or whose pod died, expires; or is taken
sooner, once nobody renews it and Kubeflow says that the run has ended.

ML Metadata has no compare-and-swap, but names of contexts are unique: each term of the lease is a
context of its own, numbered, and whoever creates the next number has the lease.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml_metadata import errors
from ml_metadata.proto import metadata_store_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_log = logging.getLogger(__name__)

# Longer than Kubeflow takes from the end of one task to the start of the next, with a node that has
# to be added for its GPU.
TERM_SECONDS = 900.0
_RENEWAL_SECONDS = 60.0
_POLL_SECONDS = 5.0
# No task of a run lives that has let two renewals pass, unless metadata calls take very long; and
# pods that were terminated have ended by then.
_SILENCE_SECONDS = 2.5 * _RENEWAL_SECONDS
_TYPE = "tidemill.lease"
_HOLDER, _EXPIRES = "holder", "expires"


@dataclass(frozen=True)
class Term:
    """One holding of the lease.

    Attributes:
        number: Terms are numbered from 1; the highest counts.
        holder: Id of the run that holds it.
        expires: When it ends unless it is renewed, seconds since the epoch.
        context_id: Id of its context in ML Metadata.
    """

    number: int
    holder: str
    expires: float
    context_id: int


def may_take(latest: Term | None, run_id: str, now: float, abandoned: Term | None = None) -> bool:
    """Says whether a run may begin a term, or go on with its own.

    Args:
        latest: The latest term, if there has been one.
        run_id: The run that asks.
        now: Seconds since the epoch.
        abandoned: A term whose holder is known to be no more.
    """
    if latest is None or latest.holder == run_id:
        return True
    return latest.expires <= now or latest == abandoned


class Lease:
    """The lease of one pipeline, for one run.

    Args:
        store: A `MetadataStore` that several threads may use, as the client of a service.
        pipeline: Name of the pipeline.
        run_id: Id of the run.
        clock: Tells seconds since the epoch.
        sleep: How to wait.
    """

    def __init__(
        self,
        store: Any,
        pipeline: str,
        run_id: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._run_id = run_id
        self._clock = clock
        self._sleep = sleep
        self._pipeline = pipeline
        self._type_name = f"{_TYPE}.{pipeline}"
        kind = metadata_store_pb2.ContextType(name=self._type_name)
        kind.properties[_HOLDER] = metadata_store_pb2.STRING
        kind.properties[_EXPIRES] = metadata_store_pb2.DOUBLE
        self._type_id: int = store.put_context_type(kind)
        self._term: Term | None = None
        self._ended = threading.Event()
        self._renewing: threading.Thread | None = None

    def acquire(
        self,
        waits_for: Callable[[str], None],
        has_ended: Callable[[str], bool] = lambda _run_id: False,
    ) -> None:
        """Waits until this run holds the lease.

        Args:
            waits_for: Called with the id of each other run that it has to wait for, once.
            has_ended: Says whether a run is known to have ended; asked of one that has renewed
                nothing for a while.
        """
        told, abandoned = "", None
        seen, since = None, self._clock()
        while not self._try(abandoned):
            latest = self._latest()
            if latest is not None and latest.holder not in (told, self._run_id):
                told = latest.holder
                waits_for(told)
            if latest != seen:
                seen, since = latest, self._clock()
            silent = self._clock() - since >= _SILENCE_SECONDS
            abandoned = latest if silent and latest and has_ended(latest.holder) else None
            self._sleep(_POLL_SECONDS)

    def keep(self, every: float = _RENEWAL_SECONDS) -> None:
        """Renews the lease from a thread of its own until `release` or `leave`.

        Args:
            every: Seconds between two renewals.
        """
        self._renewing = threading.Thread(target=self._renew, args=(every,), daemon=True)
        self._renewing.start()

    def leave(self) -> None:
        """Leaves the lease to the run's next task; if that fails, what is left of it."""
        self._end(TERM_SECONDS)

    def release(self) -> None:
        """Gives the lease back: the next run may begin, if that fails when it expires."""
        self._end(None)

    def _end(self, seconds: float | None) -> None:
        self._ended.set()
        if self._renewing is not None:
            # A renewal that is under way would undo what is written now.
            self._renewing.join()
        try:
            self._extend(seconds)
        except Exception as error:  # noqa: BLE001 - what the task has done counts, not its lease
            _log.warning(
                "the lease of %s could not be given back: %s; it expires within %.0f minutes",
                self._pipeline,
                error,
                TERM_SECONDS / 60,
            )

    def _renew(self, every: float) -> None:
        while not self._ended.wait(every):
            try:
                self._extend(TERM_SECONDS)
            except Exception as error:  # noqa: BLE001 - the thread has nobody else to tell
                _log.warning(
                    "the lease of %s could not be renewed, which is tried again: %s",
                    self._pipeline,
                    error,
                )

    def _extend(self, seconds: float | None) -> None:
        """Has the term end that many seconds from now; None: at the epoch, whatever the clock."""
        if self._term is not None:
            expires = 0.0 if seconds is None else self._clock() + seconds
            self._put(self._term.number, expires, self._term.context_id)

    def _try(self, abandoned: Term | None) -> bool:
        latest, now = self._latest(), self._clock()
        if not may_take(latest, self._run_id, now, abandoned):
            return False
        # A term of its own that has run out may be followed by another's at this moment.
        own = latest if latest and latest.holder == self._run_id and latest.expires > now else None
        number = own.number if own else (latest.number + 1 if latest else 1)
        expires = now + TERM_SECONDS
        try:
            context_id = self._put(number, expires, own.context_id if own else None)
        except errors.AlreadyExistsError:
            return False  # another run was quicker
        self._term = Term(number, self._run_id, expires, context_id)
        return True

    def _put(self, number: int, expires: float, context_id: int | None) -> int:
        context = metadata_store_pb2.Context(type_id=self._type_id, name=str(number))
        if context_id is not None:
            context.id = context_id
        context.properties[_HOLDER].string_value = self._run_id
        context.properties[_EXPIRES].double_value = expires
        (put,) = self._store.put_contexts([context])
        return int(put)

    def _latest(self) -> Term | None:
        return max(self._terms(), key=lambda term: term.number, default=None)

    def _terms(self) -> Iterable[Term]:
        for context in self._store.get_contexts_by_type(self._type_name):
            yield Term(
                int(context.name),
                context.properties[_HOLDER].string_value,
                context.properties[_EXPIRES].double_value,
                context.id,
            )
