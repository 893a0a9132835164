"""Whether the SQLite file of ML Metadata can be used, and why not; without ML Metadata."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from typing import TYPE_CHECKING

from pipeline.errors import TidemillError

if TYPE_CHECKING:
    from pathlib import Path

_LOCKED_SECONDS = 5.0
_ADVICE = {
    "SQLITE_BUSY": "another program has locked it; close that program and run again",
    "SQLITE_READONLY": "it is read-only; make it writable for this user",
    "SQLITE_CANTOPEN": "it cannot be opened; check its permissions and those of its folder",
    "SQLITE_NOTADB": "it is no SQLite database; restore it, or move it away to start afresh",
    "SQLITE_CORRUPT": "it is damaged; restore it, or move it away to start afresh",
    "SQLITE_FULL": "the disk is full; free some space and run again",
}
# What Python 3.10 says in the place of `sqlite_errorname`.
_NAMES_BY_TEXT = {
    "database is locked": "SQLITE_BUSY",
    "attempt to write a readonly database": "SQLITE_READONLY",
    "unable to open database file": "SQLITE_CANTOPEN",
    "file is not a database": "SQLITE_NOTADB",
    "database disk image is malformed": "SQLITE_CORRUPT",
    "database or disk is full": "SQLITE_FULL",
}
# How ML Metadata reports SQLite's words: after what it was to store, before the whole SQL.
_FAILED_QUERY = re.compile(r"Error when executing query: (?P<reason>.*?)\s+query:", re.DOTALL)


class MetadataUnusableError(TidemillError):
    """The file of ML Metadata cannot be written.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"{path}: {reason}")


def check_metadata(path: Path, locked_seconds: float = _LOCKED_SECONDS) -> None:
    """Makes sure that the file can be written now, if it is there, before a run starts on it.

    Args:
        path: The SQLite file.
        locked_seconds: How long to wait for another program that has locked it.

    Raises:
        MetadataUnusableError: It cannot; says why and what to do.
    """
    if not path.exists():
        return
    try:
        uri = f"{path.absolute().as_uri()}?mode=rw"
        with contextlib.closing(
            sqlite3.connect(uri, locked_seconds, isolation_level=None, uri=True)
        ) as connection:
            # Takes the lock of a writer; asks for a page too, which an empty transaction does not.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            connection.execute(f"PRAGMA user_version = {int(version)}")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise MetadataUnusableError(path, _advice(error)) from error


def failed_query(error: BaseException, place: str) -> str | None:
    """Returns what it means to a person that ML Metadata's database failed, as during a run.

    Args:
        error: Any error.
        place: What a person calls the database, such as the path of its file.

    Returns:
        One line; None where the error is another one.
    """
    found = _FAILED_QUERY.search(str(error))
    if found is None:
        # Once a transaction has failed, others on the same connection do for that reason.
        earlier = error.__cause__ or error.__context__
        return failed_query(earlier, place) if earlier is not None else None
    reason = found["reason"]
    return f"{place}: {_known_advice(_NAMES_BY_TEXT.get(reason, '')) or reason}"


def _advice(error: sqlite3.Error) -> str:
    text = str(error)
    name = getattr(error, "sqlite_errorname", None) or _NAMES_BY_TEXT.get(text, "")
    return _known_advice(name) or f"{text}; restore it, or move it away to start afresh"


def _known_advice(name: str) -> str | None:
    return next((advice for code, advice in _ADVICE.items() if name.startswith(code)), None)
