"""Opening ML Metadata's file."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest
from ml_metadata import errors
from ml_metadata.proto import metadata_store_pb2

from pipeline.metadata.local_store import open_local

NOTE = metadata_store_pb2.ContextType(name="note")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "metadata.db"
    with open_local(path, write=True) as store:
        store.put_context_type(NOTE)
    return path


def open_descriptors(file):
    links = Path("/proc/self/fd").iterdir()
    return [link for link in links if link.exists() and link.samefile(file)]


@pytest.mark.parametrize("write", [True, False])
def test_the_connection_ends_with_the_block_whoever_keeps_the_store(file, write):
    with open_local(file, write=write) as store:
        assert [kind.name for kind in store.get_context_types()] == ["note"]
        assert open_descriptors(file)

    assert store is not None
    assert open_descriptors(file) == []


def test_a_look_neither_writes_nor_waits_for_a_turn(file):
    with (
        file.with_name("metadata.db.lock").open("a") as lock,
        open_local(file, write=False) as store,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert len(store.get_context_types()) == 1
        with pytest.raises(errors.StatusError, match="readonly"):
            store.put_context_type(metadata_store_pb2.ContextType(name="other"))


def test_writers_take_turns(file):
    lock = file.with_name("metadata.db.lock")
    with open_local(file, write=True), lock.open("a") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
