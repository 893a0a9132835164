"""A push that fails or dies at any operation: nothing incomplete is visible, the next succeeds."""

import errno
import os

import pytest

from components.pusher.errors import PushError, StoreRefusedError
from components.pusher.files import FileSystem
from components.pusher.fingerprint import fingerprint
from components.pusher.origin import Origin, Provenance
from components.pusher.publish import publish
from components.pusher.versions import version_of

NOW = 1_700_000_000.0
OPERATIONS = ("make_folder", "copy_file", "write_file", "sync_folder", "rename", "remove")


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
        raise self._error

    return operation


for _name in OPERATIONS:
    setattr(Faulty, _name, _faulty(_name))


@pytest.fixture(autouse=True)
def no_disk(monkeypatch):
    """Hundreds of pushes: only the order of the operations matters here."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables" / "variables.index").write_bytes(b"index")
    return folder


@pytest.fixture
def folder(tmp_path, source):
    """A model's folder with one good version and what a crashed push left behind."""
    folder = tmp_path / "store" / "taxi"
    publish(source, folder, _provenance("old"), clock=lambda: NOW - 100)
    (folder / ".1600000000.partial").mkdir()
    (folder / ".1600000000.partial" / "saved_model.pb").write_bytes(b"gr")
    (folder / "1600000000.json").write_text("{}")
    return folder


def _provenance(uri="new"):
    return Provenance(pipeline="taxi", run_id="r", model_uri=uri, model_artifact_id=1)


def _operations(source, tmp_path):
    """Counts the operations of a push into an empty store; with a leftover there are more."""
    counting = Faulty(-1, Killed())
    publish(source, tmp_path / "counted" / "taxi", _provenance(), files=counting)
    return counting.calls


def _assert_every_visible_version_is_whole(folder, source):
    versions = [path for path in folder.iterdir() if version_of(path.name) is not None]
    assert versions, "the version that was there before is gone"
    for path in versions:
        assert fingerprint(path) == fingerprint(source)
        origin = Origin.from_json((folder / f"{path.name}.json").read_text())
        assert origin.version == int(path.name)
    return versions


def _assert_clean(folder):
    visible = {path.name for path in folder.iterdir() if path.is_dir()}
    origins = {path.stem for path in folder.glob("*.json")}
    assert visible == origins
    assert not list(folder.glob(".*partial"))


def test_faults_reach_every_kind_of_operation(source, tmp_path):
    assert set(_operations(source, tmp_path)) == set(OPERATIONS) - {"remove"}


@pytest.mark.parametrize("when", ["before", "halfway", "after"])
@pytest.mark.parametrize("dead", [False, True])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), Killed()])
@pytest.mark.parametrize("at", range(20))
def test_a_fault_anywhere(source, folder, at, error, dead, when):
    files = Faulty(at, error, dead=dead, when=when)
    try:
        done = publish(source, folder, _provenance(), clock=lambda: NOW, files=files)
    except (PushError, Killed):
        done = None
    assert (done is None) == (len(files.calls) > at), "a fault must not be swallowed"

    before = _assert_every_visible_version_is_whole(folder, source)
    again = publish(source, folder, _provenance(), clock=lambda: NOW)

    assert again.already == (len(before) == 2)
    assert len(_assert_every_visible_version_is_whole(folder, source)) == 2
    _assert_clean(folder)


def test_the_matrix_covers_the_last_operation(source, folder):
    counting = Faulty(-1, Killed())
    publish(source, folder, _provenance(), clock=lambda: NOW, files=counting)
    assert len(counting.calls) < 20


def test_a_failed_push_cleans_up_at_once(source, folder):
    files = Faulty(-1, OSError(errno.EIO, "Input/output error"))
    files._fail_at = 10  # beyond the removal of the leftovers, before the rename
    with pytest.raises(PushError, match="Input/output error"):
        publish(source, folder, _provenance(), clock=lambda: NOW, files=files)
    _assert_clean(folder)


class NoRename(FileSystem):
    def __init__(self, number):
        self._number = number

    def rename(self, source, target):
        raise OSError(self._number, "Invalid cross-device link", str(source), None, str(target))


@pytest.mark.parametrize("number", [errno.EXDEV, errno.ENOTSUP])
def test_a_store_without_atomic_rename_is_refused_with_the_reason(source, folder, number):
    with pytest.raises(StoreRefusedError, match="cannot rename a folder atomically") as caught:
        publish(source, folder, _provenance(), files=NoRename(number))
    assert "use a local disk" in str(caught.value)
    assert caught.value.path.startswith(str(folder))


def test_a_store_that_cannot_be_written_says_so(source, tmp_path):
    class ReadOnly(FileSystem):
        def make_folder(self, path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with pytest.raises(PushError, match=r"Permission denied.*let this user write there"):
        publish(source, tmp_path / "store" / "taxi", _provenance(), files=ReadOnly())
