"""A push, a rollback, a return or a removal that fails or dies at any operation.

Nothing incomplete is visible, nothing is lost, running again finishes, the next push cleans up.
"""

import errno
import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from components.pusher.errors import PushError, StoreRefusedError
from components.pusher.files import FileSystem
from components.pusher.fingerprint import fingerprint
from components.pusher.lost_version import bring_back
from components.pusher.model_folder import read_origin, standing_versions
from components.pusher.retention import remove_old_versions
from components.pusher.rollback import roll_back

NOW = 1_700_000_000.0
FIRST, SECOND, THIRD, FOURTH = range(1_700_000_000, 1_700_000_004)
OPERATIONS = (
    "make_folder", "copy_file", "link_file", "write_file", "sync_folder", "rename", "remove"
)  # fmt: skip


class Killed(BaseException):
    """Stands for the end of the process: no clean-up code gets anything done."""


class Faulty(FileSystem):
    """Fails before, halfway through or after one operation; with `dead`, at every later one too.

    Attributes:
        calls: The operations so far, by name.
    """

    def __init__(self, fail_at, error, *, dead=False, when="before"):
        self.calls = []
        self._fail_at, self._error, self._dead, self._when = fail_at, error, dead, when

    def _fails(self, name):
        self.calls.append(name)
        at = len(self.calls) - 1
        return at == self._fail_at or (self._dead and at > self._fail_at)


def _faulty(name):
    real = getattr(FileSystem, name)

    def operation(self, *args):
        if not self._fails(name):
            return real(self, *args)
        if self._when == "after":
            real(self, *args)
        elif self._when == "halfway" and name == "copy_file":
            args[1].write_bytes(args[0].read_bytes()[:3])
        elif self._when == "halfway" and name == "write_file":
            args[0].write_text(args[1][:3])
        elif self._when == "halfway" and name == "remove":
            for file in [path for path in args[0].rglob("*") if path.is_file()][:1]:
                file.unlink()
        raise self._error.with_traceback(None)  # one error serves many tests

    return operation


for _name in OPERATIONS:
    setattr(Faulty, _name, _faulty(_name))


@pytest.fixture(autouse=True)
def no_disk(monkeypatch):
    """Hundreds of pushes: only the order of the operations matters here."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture
def tmp_path():
    """In memory where there is such a folder: on a disk a removed file costs a millisecond."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder with a name of its own is made there
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as path:
        yield Path(path)


@pytest.fixture
def store(shelf):
    """Models a, b and c, and what a crashed push and a crashed removal left behind."""
    for name in "abc":
        shelf.push(name)
    (shelf.folder / ".1600000000.partial").mkdir()
    (shelf.folder / ".1600000000.partial" / "saved_model.pb").write_bytes(b"gr")
    (shelf.folder / "1600000000.json").write_text("{}")
    (shelf.folder / ".1500000000.removed").mkdir()
    return shelf


def push(store, files):
    store.push("d", files=files)


def restore(store, files):
    roll_back(store.folder, FIRST, clock=lambda: NOW, files=files)


def bring(store, files):
    """Version THIRD was to have the model of FIRST, and has not."""
    latest = replace(read_origin(store.folder, FIRST), version=THIRD)
    bring_back(store.model("a"), store.folder, latest, clock=lambda: NOW, files=files)


def remove(store, files):
    done = remove_old_versions(store.folder, 1, THIRD, lambda: {SECOND}, files=files)
    if done.note:  # it does not raise, because the push before it succeeded
        raise PushError(done.note, path="")


# Each with a number above that of its operations.
CHANGES = [(push, 18), (restore, 18), (bring, 18), (remove, 10)]
MATRIX = [(change, at) for change, count in CHANGES for at in range(count)]


def _assert_every_visible_version_is_whole(folder):
    """Also says which versions are visible."""
    versions = standing_versions(folder)
    for version in versions:
        origin = read_origin(folder, version)
        assert origin is not None
        assert fingerprint(folder / str(version)) == origin.fingerprint
    return versions


def _assert_clean(folder, removed=frozenset()):
    origins = {int(path.stem) for path in folder.glob("*.json")}
    assert origins - standing_versions(folder) == removed
    assert not [*folder.glob(".*partial"), *folder.glob(".*removed")]


def _assert_done_by(change, store, before, after):
    """What was there stays, but for what was to be removed; what is new is there or not."""
    if change is remove:
        assert before - after <= {FIRST}
        assert read_origin(store.folder, FIRST) is not None, "the record of a version is lost"
    else:
        assert before <= after <= before | {FOURTH}


@pytest.mark.parametrize("when", ["before", "halfway", "after"])
@pytest.mark.parametrize("dead", [False, True])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), Killed()])
@pytest.mark.parametrize(("change", "at"), MATRIX)
def test_a_fault_anywhere(store, change, at, error, dead, when):
    files = Faulty(at, error, dead=dead, when=when)
    before = {FIRST, SECOND, THIRD}
    try:
        change(store, files)
        done = True
    except (PushError, Killed):
        done = False
    assert done == (len(files.calls) <= at), "a fault must not be swallowed"
    after = _assert_every_visible_version_is_whole(store.folder)
    _assert_done_by(change, store, before, after)

    change(store, FileSystem())  # running again does what is left to do
    once_more = _assert_every_visible_version_is_whole(store.folder)
    assert once_more == ({SECOND, THIRD} if change is remove else before | {FOURTH})

    store.push("e")  # and the next push cleans up
    _assert_every_visible_version_is_whole(store.folder)
    _assert_clean(store.folder, removed={FIRST} if change is remove else set())


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), Killed()])
@pytest.mark.parametrize("at", range(18))
def test_a_fault_anywhere_in_the_first_push(shelf, at, error):
    files = Faulty(at, error, dead=True)
    try:
        push(shelf, files)
    except (PushError, Killed):
        assert len(files.calls) > at
    visible = (
        _assert_every_visible_version_is_whole(shelf.folder) if shelf.folder.exists() else set()
    )

    again = shelf.push("d")

    assert again.version == FIRST
    assert again.already == (visible == {FIRST})
    _assert_clean(shelf.folder)


@pytest.mark.parametrize(("change", "count"), CHANGES)
def test_the_matrix_covers_the_last_operation(store, change, count):
    counting = Faulty(-1, Killed())
    change(store, counting)
    assert len(counting.calls) < count


def test_faults_reach_every_kind_of_operation(store):
    counting = Faulty(-1, Killed())
    for change, _count in CHANGES:
        change(store, counting)
    # The folder of a store that is there already needs no more than a version's folders.
    assert set(counting.calls) == set(OPERATIONS)


@pytest.mark.parametrize("change", [push, restore, bring])
def test_a_failed_change_cleans_up_at_once(store, change):
    files = Faulty(10, OSError(errno.EIO, "Input/output error"))  # after the leftovers are gone
    with pytest.raises(PushError, match="Input/output error"):
        change(store, files)
    assert len(files.calls) > 10
    _assert_clean(store.folder)


def test_a_full_disk_lets_old_versions_go(store):
    """A removal that had to write first could not free what a full disk needs."""

    class Full(FileSystem):
        def _refuse(self, *_):
            raise OSError(errno.ENOSPC, "No space left on device")

        make_folder = copy_file = write_file = link_file = _refuse

    remove(store, Full())
    assert standing_versions(store.folder) == {SECOND, THIRD}


class NoRename(FileSystem):
    def __init__(self, number):
        self._number = number

    def rename(self, source, target):
        raise OSError(self._number, "Invalid cross-device link", str(source), None, str(target))


@pytest.mark.parametrize("number", [errno.EXDEV, errno.ENOTSUP])
def test_a_store_without_atomic_rename_is_refused_with_the_reason(store, number):
    with pytest.raises(StoreRefusedError, match="cannot rename a folder atomically") as caught:
        push(store, NoRename(number))
    assert "use a local disk" in str(caught.value)
    assert caught.value.path.startswith(str(store.folder))


def test_a_store_that_cannot_be_written_says_so(shelf):
    class ReadOnly(FileSystem):
        def make_folder(self, path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with pytest.raises(PushError, match=r"Permission denied.*let this user write there"):
        push(shelf, ReadOnly())
