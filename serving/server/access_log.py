"""Writes a line of JSON about each request. Free of transports.

The thread of a request only puts it into a queue, or counts that there was no room.
"""

from __future__ import annotations

import datetime as dt
import errno
import logging
import os
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

import orjson

from serving.errors import Code
from serving.server.bounded_queue import BoundedQueue

if TYPE_CHECKING:
    from serving.server.metrics import Counter

STANDARD_OUTPUT = "-"
_MOST_WAITING = 10_000
_GATHER_S = 0.1
_CLOSE_S = 5.0
_log = logging.getLogger(__name__)


@dataclass
class Access:
    """A request, as the log tells of it; "" and None stand for what does not apply.

    Attributes:
        protocol: "REST" or "GRPC".
        method: The HTTP method, or gRPC's name of the call.
        path: The path with the query, over REST.
        http_status: The status, over REST.
        code: The name of the canonical status.
        model: The model's name.
        version: The version that answered.
        signature: The signature that was called.
        seconds: How long it took.
        request_bytes: Length of the request's body or message, after it was unpacked.
        response_bytes: Length of the answer's.
        client: The other end of the connection.
        user_agent: What the client says that it is.
        time: When the answer was there, seconds since 1970.
    """

    protocol: str
    method: str
    path: str = ""
    http_status: int | None = None
    code: str = ""
    model: str = ""
    version: str = ""
    signature: str = ""
    seconds: float = 0.0
    request_bytes: int = 0
    response_bytes: int = 0
    client: str = ""
    user_agent: str = ""
    time: float = field(default_factory=time.time)


class AccessLog:
    """Writes the log in a thread of its own, which outlives every failure to write.

    Args:
        path: The file; "-" is standard output. A file that was moved away is made anew.
        count: Counts lines by status: OK is written, RESOURCE_EXHAUSTED means that there was no
            room to wait, UNAVAILABLE that the file could not be written.
        most_waiting: How many lines may wait to be written.
        gather_s: How long lines are gathered before they are written, seconds.
    """

    def __init__(
        self,
        path: str,
        count: Counter,
        most_waiting: int = _MOST_WAITING,
        gather_s: float = _GATHER_S,
    ) -> None:
        self._path = path
        self._count = count
        self._queue: BoundedQueue[Access] = BoundedQueue(most_waiting, gather_s)
        self._file: IO[bytes] | None = None
        self._failed = False
        self._thread = threading.Thread(target=self._work, name="access-log", daemon=True)
        self._thread.start()

    def add(self, access: Access) -> None:
        """Writes a line if there is room; never waits."""
        self._queue.offer(access)

    def close(self, timeout_s: float = _CLOSE_S) -> None:
        """Ends the log once everything is written that waits, or the time is over (seconds)."""
        self._queue.close()
        self._thread.join(timeout_s)

    def _work(self) -> None:
        while True:
            accesses, refused = self._queue.take()
            if refused:
                self._count.add(Code.RESOURCE_EXHAUSTED.name, by=refused)
            if accesses:
                self._write(accesses)
            elif self._queue.closed:
                if self._file is not None:
                    self._file.close()
                return

    def _write(self, accesses: list[Access]) -> None:
        lines = b"".join(to_line(access) for access in accesses)
        try:
            file = self._current()
            _write_all(file, lines)
        except OSError as error:
            self._file = None
            self._count.add(Code.UNAVAILABLE.name, by=len(accesses))
            if not self._failed:
                _log.warning("the access log loses lines: %s", error)
            self._failed = True
            return
        self._count.add(Code.OK.name, by=len(accesses))
        if self._failed:
            _log.info("the access log is written again")
        self._failed = False

    def _current(self) -> IO[bytes]:
        if self._path == STANDARD_OUTPUT:
            return sys.stdout.buffer
        if self._file is not None and not _is_at(self._file, Path(self._path)):
            self._file.close()
            self._file = None
        if self._file is None:
            self._file = Path(self._path).open("ab", buffering=0)  # noqa: SIM115 - stays open
        return self._file


def to_line(access: Access) -> bytes:
    """Returns a line of the log; what does not apply is left out."""
    document = {name: value for name, value in asdict(access).items() if value not in ("", None)}
    moment = dt.datetime.fromtimestamp(document.pop("time"), dt.timezone.utc)
    document["seconds"] = round(access.seconds, 6)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return orjson.dumps({"time": stamp} | document, option=orjson.OPT_APPEND_NEWLINE)


def _write_all(file: IO[bytes], data: bytes) -> None:
    if file.write(data) != len(data):
        # The disk is full: the next call would say so, and this one's last line is torn.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    file.flush()


def _is_at(file: IO[bytes], path: Path) -> bool:
    """Whether a file still has this path: whoever rotates logs moves it away."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(file.fileno()), there)
