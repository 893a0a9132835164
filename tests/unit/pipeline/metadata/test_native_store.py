"""Connections that are lost and made anew, over a native store that does as it is told."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from ml_metadata.proto import metadata_store_service_pb2 as messages

from pipeline.metadata import native_store
from pipeline.metadata.database import SqliteDatabase
from pipeline.metadata.native_store import Connection, ConnectionPool, StoreError

LOST = (b"", b"mysql_query failed: errno: Lost connection to MySQL server during query", 13)
OK = (b"answer", b"", 0)
NOT_FOUND = (b"", b"No type found", 5)


class Native:
    """Answers as planned and notes what was called."""

    def __init__(self):
        self.answers = []
        self.calls = []
        self.down = False

    def CreateMetadataStore(self, _config, _migration):  # noqa: N802
        self.calls.append("connect")
        if self.down:
            raise RuntimeError("mysql_real_connect failed: errno: , error: ")
        return object()

    def PutArtifacts(self, _store, _request):  # noqa: N802
        self.calls.append("put")
        return self.answers.pop(0)

    def GetContextType(self, _store, _request):  # noqa: N802
        self.calls.append("probe")
        return self.answers.pop(0)


@pytest.fixture
def native(monkeypatch):
    fake = Native()
    monkeypatch.setattr(native_store, "native", fake)
    return fake


@pytest.fixture
def connection(native):
    clock = SimpleNamespace(now=0.0)
    made = Connection(SqliteDatabase("x"), lambda: clock.now)
    native.calls.clear()
    made.clock = clock
    return made


def test_a_call_passes_bytes_through(native, connection):
    native.answers = [OK]

    assert connection.call("PutArtifacts", b"request") == b"answer"
    assert native.calls == ["put"]


def test_a_refusal_keeps_its_code(native, connection):
    native.answers = [(b"", b"no such type", 3)]

    with pytest.raises(StoreError, match="no such type") as caught:
        connection.call("PutArtifacts", b"")

    assert caught.value.code == 3


def test_a_connection_lost_in_a_call_is_unavailable_and_made_anew_by_the_next(native, connection):
    native.answers = [LOST, OK]

    with pytest.raises(StoreError) as caught:
        connection.call("PutArtifacts", b"")
    assert caught.value.code == 14  # and the write is not repeated: it may have been done
    assert connection.call("PutArtifacts", b"") == b"answer"
    assert native.calls == ["put", "connect", "put"]


def test_a_connection_lost_while_idle_costs_no_call(native, connection):
    native.answers = [LOST, OK]
    connection.clock.now = 60.0

    assert connection.call("PutArtifacts", b"") == b"answer"
    assert native.calls == ["probe", "connect", "put"]


def test_an_idle_connection_that_stands_is_kept(native, connection):
    native.answers = [NOT_FOUND, OK]
    connection.clock.now = 60.0
    connection.call("PutArtifacts", b"")

    assert native.calls == ["probe", "put"]


def test_a_database_that_is_away_stays_an_error_until_it_is_back(native, connection):
    native.answers = [LOST, OK]
    native.down = True
    for _ in range(2):
        with pytest.raises(StoreError) as caught:
            connection.call("PutArtifacts", b"")
        assert caught.value.code == 14
    native.down = False

    assert connection.call("PutArtifacts", b"") == b"answer"


def test_a_database_that_cannot_be_opened_names_itself(native):
    native.down = True

    with pytest.raises(StoreError, match=r"cannot open the SQLite file x; .*password right\?"):
        Connection(SqliteDatabase("x"))


@pytest.mark.usefixtures("native")
def test_the_pool_lends_a_connection_to_one_at_a_time():
    pool = ConnectionPool(SqliteDatabase("x"))

    with (
        pool.lend(timeout=None) as lent,
        pytest.raises(StoreError, match="busy"),
        pool.lend(timeout=0.001),
    ):
        pass
    with pool.lend(timeout=None) as again:
        assert again is lent


@pytest.mark.usefixtures("native")
def test_a_call_without_a_deadline_waits_for_its_turn():
    """gRPC then says that 292 years are left, more than a wait may be given."""
    pool = ConnectionPool(SqliteDatabase("x"))
    answers = []

    def lend():
        with pool.lend(timeout=2.0**63 / 1e9):
            answers.append("lent")

    with pool.lend(timeout=None):
        waiting = threading.Thread(target=lend)
        waiting.start()
    waiting.join()
    assert answers == ["lent"]


def test_methods_of_the_real_native_store():
    service = messages.DESCRIPTOR.services_by_name["MetadataStoreService"]
    missing = {m.name for m in service.methods if not native_store.has_method(m.name)}

    assert missing == {
        "GetLineageGraph",
        "GetParentContextsByContexts",
        "GetChildrenContextsByContexts",
    }
