"""`tidemill rollback`."""

from __future__ import annotations

import shutil

import pytest

from components.pusher.model_folder import read_origin, standing_versions
from components.pusher.origin import Provenance
from components.pusher.publish import publish
from pipeline import push_record
from pipeline.cli.main import main
from pipeline.places import Home
from pipeline.runs import RunRecord

FIRST, SECOND, THIRD = range(1_700_000_000, 1_700_000_003)


@pytest.fixture
def store(tmp_path):
    """Models a and b, pushed as FIRST and SECOND."""
    store = tmp_path / "home" / "models"
    for name in "ab":
        source = tmp_path / name
        source.mkdir()
        (source / "saved_model.pb").write_text(name)
        its = Provenance("taxi", f"run-{name}", str(source), 1, metrics={"auc": 0.94837})
        publish(source, store / "taxi", its, clock=lambda: FIRST)
    return store


@pytest.fixture
def records(monkeypatch):
    """What was to be recorded; ML Metadata itself has its own test."""
    seen = []
    monkeypatch.setattr(
        push_record, "record_in_home", lambda home, folder: seen.append((home.root, folder))
    )
    return seen


@pytest.fixture
def rollback(store):
    return lambda *arguments: main(["rollback", *arguments, "--home", str(store.parent)])


@pytest.mark.parametrize("version", [(), (str(FIRST),)])
def test_the_version_before_becomes_the_newest(rollback, store, records, capsys, version):
    assert rollback("taxi", *version) == 0

    newest = max(standing_versions(store / "taxi"))
    assert capsys.readouterr().out == (
        f"taxi: version {newest} is the newest now; it restores version {FIRST}, "
        f"rolled back from {SECOND}\n"
    )
    assert records == [(store.parent, store / "taxi")]
    assert read_origin(store / "taxi", newest).restores == FIRST


def test_a_store_that_the_configuration_names_is_found(store, tmp_path, records, capsys):
    home = Home(tmp_path / "other")
    folder = home.run("20261121-090507")
    folder.root.mkdir(parents=True)
    pushed = {"pushed_version": str(SECOND), "model_store": str(store)}
    RunRecord(folder.run_id, "taxi", "/taxi", "2026-11-21T09:05:07+00:00", 1, **pushed).save(folder)

    assert main(["rollback", "taxi", "--home", str(home.root)]) == 0

    assert f"it restores version {FIRST}" in capsys.readouterr().out
    assert records == [(home.root, store / "taxi")]
    assert main(["status", "--home", str(home.root)]) == 0
    assert f"taxi: rolled back from version {SECOND} to {FIRST}" in capsys.readouterr().out


def test_once_more_changes_nothing_but_records_it_again(rollback, store, records, capsys):
    rollback("taxi", str(FIRST))
    before = sorted(path.name for path in (store / "taxi").iterdir())
    capsys.readouterr()

    assert rollback("taxi", str(FIRST)) == 0

    assert "is the newest, with that very model" in capsys.readouterr().out
    assert sorted(path.name for path in (store / "taxi").iterdir()) == before
    assert len(records) == 2


def test_a_store_elsewhere_has_no_metadata_and_that_is_said(store, tmp_path, capsys):
    home = tmp_path / "other"
    arguments = ["rollback", "taxi", "--model-store", str(store), "--home", str(home)]

    assert main(arguments) == 0

    said = capsys.readouterr()
    assert "is the newest now" in said.out
    assert said.err == (
        "tidemill: the rollback is not in ML Metadata yet, because there is no "
        f"{home}/metadata.db; the next run that pushes to {store} records it\n"
    )
    assert not home.exists()


def test_what_is_there_is_shown_when_the_version_is_not(rollback, capsys):
    assert rollback("taxi", "7") == 2
    assert capsys.readouterr().err.splitlines() == [
        f"tidemill: taxi: version 7 does not exist; there are: {FIRST}, {SECOND}",
        f"          {SECOND}: pushed 2023-11-14T22:13:20+00:00; run run-b; auc 0.9484; the newest",
        f"          {FIRST}: pushed 2023-11-14T22:13:20+00:00; run run-a; auc 0.9484",
    ]


def test_the_only_version(rollback, store, capsys):
    shutil.rmtree(store / "taxi" / str(FIRST))
    assert rollback("taxi") == 2
    assert "the only model there, so there is nothing to go back to" in capsys.readouterr().err


def test_a_model_that_is_not_there(rollback, store, capsys):
    assert rollback("taxy") == 2
    assert (
        f"there is no model taxy in {store.parent}; it holds taxi, or give --model-store"
        in capsys.readouterr().err
    )


def test_a_store_that_is_empty(tmp_path, capsys):
    assert main(["rollback", "taxi", "--home", str(tmp_path)]) == 2
    assert "`tidemill run` pushes one" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["..", ".", "taxi/.", "../models/taxi"])
def test_a_path_is_no_model(rollback, name, capsys):
    assert rollback(name) == 2
    assert "there is no model" in capsys.readouterr().err


def test_a_version_that_is_no_number(rollback, capsys):
    assert rollback("taxi", "latest") == 2
    assert "is not a valid integer" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(rollback, store, monkeypatch, capsys):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", str(store))

    monkeypatch.setattr("components.pusher.files.FileSystem.make_folder", refuse)
    assert rollback("taxi") == 1
    said = capsys.readouterr().err
    assert f"nothing was rolled back in {store}/taxi: Permission denied" in said
    assert "let this user write there" in said
