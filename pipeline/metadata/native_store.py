"""ML Metadata's native store, one connection or a pool of them.

The native store takes and gives serialized messages, which are the very bytes of the gRPC calls.
It is not safe to use one connection from two threads at a time.
"""

from __future__ import annotations

import contextlib
import queue
import re
import time
from typing import TYPE_CHECKING, Any

from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store as native
from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.metadata.database import Database

# What MySQL's client says, by CR_SERVER_GONE_ERROR, CR_SERVER_LOST and CR_CONN_HOST_ERROR.
_LOST = re.compile(r"server has gone away|Lost connection|Can't connect|Connection refused")
_LONGEST_WAIT = 3600.0
_NOT_FOUND, _INTERNAL, _UNAVAILABLE = 5, 13, 14  # google.rpc.Code
# MySQL closes what is idle for hours, and a restart closes all: looking takes a millisecond.
_TRUSTED_SECONDS = 1.0
_PROBE = metadata_store_service_pb2.GetContextTypeRequest(type_name="").SerializeToString()


class StoreError(Exception):
    """The store refused a call or could not answer it.

    Attributes:
        code: A status code, as in gRPC and in the native store.
        message: What the store said.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def has_method(name: str) -> bool:
    """Whether the native store has a method of the service."""
    return hasattr(native, name)


class Connection:
    """One connection to the database, made anew when it was lost.

    Args:
        database: The database.
        clock: Seconds of a clock that only goes forward.

    Raises:
        StoreError: The database cannot be reached, or holds something else.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._store: Any = None
        self._used_at = clock()
        self._connect()

    def call(self, method: str, request: bytes) -> bytes:
        """Calls a method of the service.

        A connection that was lost while nobody used it is found and made anew before the call, so
        that a write is never sent twice.

        Args:
            method: Name of a method that `has_method`.
            request: The serialized request.

        Returns:
            The serialized response.

        Raises:
            StoreError: The call failed.
        """
        if self._clock() - self._used_at > _TRUSTED_SECONDS:
            with contextlib.suppress(StoreError):
                self.probe()
        if self._store is None:
            self._connect()
        response = self._call(method, request)
        self._used_at = self._clock()
        return response

    def probe(self) -> None:
        """Asks the database for nothing, and connects anew if the connection was lost.

        Raises:
            StoreError: The database does not answer.
        """
        if self._store is not None:
            try:
                self._call("GetContextType", _PROBE)
            except StoreError as error:
                if error.code == _NOT_FOUND:
                    return
        self._connect()

    def _connect(self) -> None:
        migration = metadata_store_pb2.MigrationOptions(enable_upgrade_migration=True)
        config = self._database.connection_config().SerializeToString()
        try:
            self._store = native.CreateMetadataStore(config, migration.SerializeToString())
        except RuntimeError as error:
            raise StoreError(_UNAVAILABLE, self._explained(str(error))) from error

    def _explained(self, text: str) -> str:
        """Returns what the native store said, and what it leaves out."""
        hint = "; is it there, and are user and password right?" if "mysql" in text else ""
        return f"cannot open the {self._database}{hint} ({text.strip()})"

    def _call(self, method: str, request: bytes) -> bytes:
        response, message, code = getattr(native, method)(self._store, request)
        if not code:
            return bytes(response)
        text = message.decode(errors="replace")
        if code != _INTERNAL or not _LOST.search(text):
            raise StoreError(code, text)
        # Left to itself, the native store connects again at its next call, and where the database
        # is still away that call ends the process (ml-metadata 1.21).
        self._store = None
        raise StoreError(_UNAVAILABLE, text)


class ConnectionPool:
    """Connections that are lent to one caller at a time.

    Args:
        database: The database; says how many connections there are.

    Raises:
        StoreError: The database cannot be reached.
    """

    def __init__(self, database: Database) -> None:
        # Last in, first out: as long as one is enough, the others stay idle.
        self._idle: queue.LifoQueue[Connection] = queue.LifoQueue()
        for _ in range(database.connections):
            self._idle.put(Connection(database))

    @contextlib.contextmanager
    def lend(self, timeout: float | None) -> Iterator[Connection]:
        """Lends a connection.

        Args:
            timeout: Seconds to wait for one, an hour at most: without a deadline, gRPC gives more
                than a clock can count. None is the same.

        Raises:
            StoreError: None became free in time.
        """
        try:
            connection = self._idle.get(
                timeout=_LONGEST_WAIT if timeout is None else min(timeout, _LONGEST_WAIT)
            )
        except queue.Empty as error:
            raise StoreError(_UNAVAILABLE, "all connections to the database are busy") from error
        try:
            yield connection
        finally:
            self._idle.put(connection)
