"""Whether ML Metadata's file can be used, before a run starts on it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest
from ml_metadata import errors
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.metadata import local_file
from pipeline.metadata.local_file import MetadataUnusableError, check_metadata, failed_query
from pipeline.metadata.local_store import open_local

_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "metadata.db"
    with open_local(path, write=True) as store:
        assert store.get_artifacts() == []
    return path


@contextmanager
def locked_by_another_program(path):
    arguments = [sys.executable, "-c", _LOCK, str(path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"locked\n"
        yield
        other.communicate()


def test_a_good_file_passes_unchanged(file):
    before = file.read_bytes()
    check_metadata(file)
    assert file.read_bytes() == before


def test_no_file_yet_is_no_problem(tmp_path):
    check_metadata(tmp_path / "metadata.db")
    assert list(tmp_path.iterdir()) == []


def test_a_locked_file(file):
    with (
        locked_by_another_program(file),
        pytest.raises(MetadataUnusableError, match="locked it; close that program") as caught,
    ):
        check_metadata(file, locked_seconds=0.1)
    assert str(caught.value).startswith(f"{file}: ")
    check_metadata(file)


@pytest.mark.parametrize(
    ("content", "advice"),
    [(b"not a database, but long enough to be read as one" * 30, "no SQLite database; restore it")],
)
def test_another_file(file, content, advice):
    file.write_bytes(content)
    with pytest.raises(MetadataUnusableError, match=advice):
        check_metadata(file)


def test_a_damaged_file(file):
    content = bytearray(file.read_bytes())
    content[4096 * 2 :] = b"\xff" * (len(content) - 4096 * 2)
    content[100:200] = b"\xff" * 100
    file.write_bytes(content)
    with pytest.raises(MetadataUnusableError, match="damaged; restore it"):
        check_metadata(file)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("attempt to write a readonly database", "make it writable"),
        ("database or disk is full", "free some space"),
        ("unable to open database file", "check its permissions"),
        ("a new kind of trouble", "a new kind of trouble; restore it"),
    ],
)
def test_what_else_sqlite_may_say(file, monkeypatch, text, advice):
    def refuse(*_arguments, **_options):
        raise sqlite3.OperationalError(text)

    monkeypatch.setattr(local_file.sqlite3, "connect", refuse)
    with pytest.raises(MetadataUnusableError, match=advice):
        check_metadata(file)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("database or disk is full", "the disk is full; free some space and run again"),
        ("attempt to write a readonly database", "it is read-only; make it writable for this user"),
        ("a new kind of trouble", "a new kind of trouble"),
    ],
)
def test_what_a_run_says_of_a_file_that_fails_meanwhile(file, text, told):
    with closing(sqlite3.connect(file)) as connection:
        fail = f"SELECT RAISE(ABORT, '{text}')"
        connection.execute(f"CREATE TRIGGER x BEFORE INSERT ON Execution BEGIN {fail}; END")
    with open_local(file, write=True) as store:
        kind = store.put_execution_type(mlmd.ExecutionType(name="Trainer"))
        with pytest.raises(errors.InternalError) as caught:
            store.put_executions([mlmd.Execution(type_id=kind)])

    assert "INSERT INTO" in str(caught.value)
    assert failed_query(caught.value, "the file") == f"the file: {told}"


def test_what_failed_because_of_that_is_told_by_it():
    """ML Metadata goes on to fail, as where TFX records the execution as failed."""
    first = RuntimeError("Error when executing query: database or disk is full query: COMMIT;")
    error = ValueError("Transaction already open.")
    error.__context__ = first

    assert failed_query(error, "x") == "x: the disk is full; free some space and run again"


def test_other_errors_are_none_of_the_files():
    assert failed_query(ValueError("query: x"), "the file") is None
