"""The versions of one model: their states, and who is using them at this moment."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from serving.errors import NotFoundError
from serving.server.transitions import State, VersionStatus

if TYPE_CHECKING:
    from types import TracebackType


class Closable(Protocol):
    """Whatever serves a version; it is closed when nobody uses it any more."""

    def close(self) -> None:
        """Frees the memory."""


ServableT = TypeVar("ServableT", bound=Closable)


def no_servable(model: str, version: int | None) -> NotFoundError:
    """Returns the error for a model, or a version of it, that is not served."""
    wanted = f"Latest({model})" if version is None else f"Specific({model}, {version})"
    return NotFoundError(f"Servable not found for request: {wanted}")


@dataclass
class _Loaded(Generic[ServableT]):
    servable: ServableT
    users: int = 0
    retired: bool = False


class Lease(Generic[ServableT]):
    """The right to use one version: while it is held the version is not unloaded.

    Attributes:
        version: The version's number.
        servable: What serves it.
    """

    def __init__(
        self, owner: ModelVersions[ServableT], version: int, loaded: _Loaded[ServableT]
    ) -> None:
        self.version = version
        self.servable = loaded.servable
        self._owner = owner
        self._loaded = loaded

    def __enter__(self) -> Lease[ServableT]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._owner._release(self.version, self._loaded)  # noqa: SLF001 - one concept, two classes


class ModelVersions(Generic[ServableT]):
    """A thread-safe register of one model's versions.

    A version becomes visible to requests in one step (`publish`) and disappears in one step
    (`retire`); requests that already hold a lease finish on the version that they started on.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._statuses: dict[int, VersionStatus] = {}
        self._serving: dict[int, _Loaded[ServableT]] = {}

    def statuses(self) -> dict[int, VersionStatus]:
        """Returns the status of every version that was ever seen, newest first."""
        with self._lock:
            return {v: self._statuses[v] for v in sorted(self._statuses, reverse=True)}

    def available(self) -> frozenset[int]:
        """Returns the versions that answer requests."""
        with self._lock:
            return frozenset(self._serving)

    def lease(self, version: int | None = None) -> Lease[ServableT]:
        """Takes a version into use.

        Args:
            version: Its number; None means the greatest that is available.

        Raises:
            NotFoundError: It is not available.
        """
        with self._lock:
            number = max(self._serving, default=None) if version is None else version
            loaded = None if number is None else self._serving.get(number)
            if number is None or loaded is None:
                raise no_servable(self.name, version)
            loaded.users += 1
            return Lease(self, number, loaded)

    def record(self, status: VersionStatus) -> None:
        """Notes the status of a version that serves no requests."""
        with self._lock:
            self._statuses[status.version] = status

    def publish(self, version: int, servable: ServableT) -> None:
        """Makes a loaded version AVAILABLE: the next request may get it."""
        with self._lock:
            self._serving[version] = _Loaded(servable)
            self._statuses[version] = VersionStatus(version, State.AVAILABLE)

    def retire(self, version: int) -> None:
        """Hides a version from new requests; it is closed after the last running one."""
        with self._lock:
            loaded = self._serving.pop(version)
            loaded.retired = True
            self._statuses[version] = VersionStatus(version, State.UNLOADING)
            idle = loaded.users == 0
        if idle:
            self._close(version, loaded)

    def _release(self, version: int, loaded: _Loaded[ServableT]) -> None:
        with self._lock:
            loaded.users -= 1
            last = loaded.retired and loaded.users == 0
        if last:
            # Not here: the request may be on the event loop, and freeing gigabytes takes a while.
            threading.Thread(
                target=self._close, args=(version, loaded), name=f"close-{self.name}", daemon=True
            ).start()

    def _close(self, version: int, loaded: _Loaded[ServableT]) -> None:
        loaded.servable.close()
        with self._lock:
            # The same number may have been loaded again in the meantime.
            if version not in self._serving:
                self._statuses[version] = VersionStatus(version, State.END)
