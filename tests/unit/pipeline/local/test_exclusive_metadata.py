"""Nodes open the file of ML Metadata one after the other."""

from __future__ import annotations

# A second process writes while the first has a transaction open. ML Metadata's client would sleep
# for a random time; here, its sleep ends the process with a status of its own.
COLLIDING = """
import fcntl, os, sqlite3
from pathlib import Path
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2
from pipeline.metadata import local_store
from pipeline.local.exclusive_metadata import ExclusiveMetadata

file = Path(sys.argv[1])
begin, begun = os.pipe()
hear, tell = os.pipe()
note = metadata_store_pb2.ContextType(name="note")

def write_while_another_does():
    os.close(hear)
    flock = fcntl.flock
    local_store.fcntl.flock = lambda *its: (os.write(tell, b"waits"), flock(*its))
    metadata_store.time.sleep = lambda _seconds: os._exit(9)
    os.read(begin, 1)
    with ExclusiveMetadata(file) as handle:
        handle.store.put_context_type(note)

second = os.fork()
if not second:
    write_while_another_does()
    os._exit(0)
os.close(tell)
first = ExclusiveMetadata(file)
with first:
    with first:
        pass  # TFX may open its connection while it is open: its turn is not over after that
    transaction = sqlite3.connect(file, isolation_level=None)
    transaction.execute("BEGIN EXCLUSIVE")
    os.write(begun, b"!")
    heard = os.read(hear, 9).decode()
    transaction.execute("ROLLBACK")
status = os.waitstatus_to_exitcode(os.waitpid(second, 0)[1])
with ExclusiveMetadata(file) as handle:
    answer([heard, status, len(handle.store.get_context_types())])
"""


def test_a_second_writer_waits_instead_of_colliding(leanly, tmp_path):
    assert leanly(COLLIDING, str(tmp_path / "metadata.db")) == ["waits", 0, 1]
