import json
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from components.pusher import placement
from components.pusher.errors import PushError
from components.pusher.files import FileSystem
from components.pusher.fingerprint import fingerprint
from components.pusher.lock import exclusive
from components.pusher.origin import Origin, Provenance
from components.pusher.publish import publish

NOW = 1_700_000_000.0


def provenance(uri="/artifacts/model/7"):
    return Provenance(pipeline="taxi", run_id="r1", model_uri=uri, model_artifact_id=7)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "assets").mkdir()
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables" / "variables.index").write_bytes(b"index" * 1000)
    return folder


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store" / "taxi"


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_a_model_is_published_whole_with_its_origin(source, folder):
    done = publish(source, folder, provenance(), clock=lambda: NOW)

    assert (done.version, done.path, done.already) == (
        1_700_000_000,
        folder / "1700000000",
        False,
    )
    assert names(folder) == ["1700000000", "1700000000.json"]
    assert fingerprint(done.path) == fingerprint(source)
    assert (done.path / "assets").is_dir()
    origin = Origin.from_json((folder / "1700000000.json").read_text())
    assert origin.pushed_at == "2023-11-14T22:13:20+00:00"
    assert origin.fingerprint == fingerprint(source)
    assert origin.provenance == provenance()


def test_a_private_source_becomes_readable_by_a_server(source, folder):
    (source / "saved_model.pb").chmod(0o600)
    source.chmod(0o700)

    done = publish(source, folder, provenance(), clock=lambda: NOW)

    umask_default = stat.S_IMODE(folder.stat().st_mode)
    assert stat.S_IMODE(done.path.stat().st_mode) == umask_default
    assert stat.S_IMODE((done.path / "saved_model.pb").stat().st_mode) == umask_default & 0o666


def test_two_pushes_in_one_second_grow(source, folder):
    first = publish(source, folder, provenance("a"), clock=lambda: NOW)
    second = publish(source, folder, provenance("b"), clock=lambda: NOW)

    assert second.version == first.version + 1


def test_a_number_is_never_used_again(source, folder):
    first = publish(source, folder, provenance("a"), clock=lambda: NOW)
    FileSystem().remove(first.path)

    second = publish(source, folder, provenance("b"), clock=lambda: NOW)

    assert second.version == first.version + 1


def test_the_same_model_is_not_pushed_twice(source, folder):
    first = publish(source, folder, provenance(), clock=lambda: NOW)
    again = publish(source, folder, provenance(), clock=lambda: NOW + 60)

    assert again.already
    assert again.version == first.version
    assert names(folder) == ["1700000000", "1700000000.json"]


def test_the_same_artifact_with_another_content_is_another_model(source, folder):
    publish(source, folder, provenance(), clock=lambda: NOW)
    (source / "saved_model.pb").write_bytes(b"another graph")

    assert not publish(source, folder, provenance(), clock=lambda: NOW).already


def test_a_model_whose_version_is_gone_comes_back(source, folder):
    first = publish(source, folder, provenance(), clock=lambda: NOW)
    FileSystem().remove(first.path)

    again = publish(source, folder, provenance(), clock=lambda: NOW)

    assert not again.already
    assert again.path.is_dir()


def test_a_damaged_version_does_not_count_as_pushed(source, folder):
    first = publish(source, folder, provenance(), clock=lambda: NOW)
    (first.path / "saved_model.pb").write_bytes(b"")

    again = publish(source, folder, provenance(), clock=lambda: NOW)

    assert not again.already
    assert fingerprint(again.path) == fingerprint(source)


def test_an_unreadable_origin_is_passed_over(source, folder):
    publish(source, folder, provenance(), clock=lambda: NOW)
    (folder / "1700000000.json").write_text(json.dumps({"version": 1}))

    assert publish(source, folder, provenance(), clock=lambda: NOW).version == 1_700_000_001


def test_a_folder_without_a_saved_model_is_refused(tmp_path, folder):
    with pytest.raises(PushError, match=r"holds no saved_model\.pb"):
        publish(tmp_path, folder, provenance())
    assert not folder.exists()


def test_a_source_that_changes_meanwhile_is_refused(source, folder):
    class Changing(FileSystem):
        def copy_file(self, source, target):
            source.write_bytes(b"changed")
            super().copy_file(source, target)

    with pytest.raises(PushError, match="changed while it was being pushed"):
        publish(source, folder, provenance(), files=Changing())
    assert names(folder) == []


def _hold(folder, held, release):
    with exclusive(folder):
        held.set()
        release.wait()


def test_a_push_waits_for_another_one(source, folder, monkeypatch):
    """Leftovers are judged under the lock, so parts of a push that is going on stay."""
    folder.mkdir(parents=True)
    context = multiprocessing.get_context("fork")
    held, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(folder, held, release), daemon=True)
    other.start()
    assert held.wait(30)
    (folder / ".5.partial").mkdir()
    seen = []

    real = placement.exclusive

    def let_go_and_wait(path):
        seen.append(names(folder))
        release.set()
        return real(path)

    monkeypatch.setattr(placement, "exclusive", let_go_and_wait)
    publish(source, folder, provenance(), clock=lambda: NOW)
    other.join(30)

    assert seen == [[".5.partial"]]
    assert names(folder) == ["1700000000", "1700000000.json"]


def test_everything_is_on_the_disk_before_its_name_is_visible(source, folder, monkeypatch):
    """A power cut after a rename must find the content there, and the origin before the version."""
    log = []
    real_fsync, real_rename = os.fsync, Path.rename

    def fsync(descriptor):
        log.append(("sync", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
        real_fsync(descriptor)

    def rename(path, target):
        log.append(("rename", str(path), str(target)))
        return real_rename(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "rename", rename)
    publish(source, folder, provenance(), clock=lambda: NOW)

    renames = [entry for entry in log if entry[0] == "rename"]
    assert [Path(target).name for _, _, target in renames] == ["1700000000.json", "1700000000"]
    origin, version = (log.index(entry) for entry in renames)
    synced = {Path(entry[1]).name for entry in log[:version] if entry[0] == "sync"}
    assert synced >= {
        ".1700000000.partial",
        ".1700000000.json.partial",
        "saved_model.pb",
        "variables",
        "variables.index",
        "assets",
        "taxi",
        "store",
    }
    assert ("sync", str(folder)) in log[origin:version]
    assert ("sync", str(folder)) in log[version:]
