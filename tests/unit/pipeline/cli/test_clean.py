"""`tidemill clean`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from components.pusher.origin import Origin, Provenance
from pipeline.cli.clean import in_units
from pipeline.cli.main import main
from pipeline.home_lock import locked
from pipeline.metadata.local_store import open_local
from pipeline.places import Home
from pipeline.retention.lineage import pushes_among

PENGUIN = Path(__file__).resolve().parents[4] / "examples" / "penguin"


@pytest.fixture
def home(tmp_path):
    """A home in which a node was killed while it wrote."""
    home = Home(tmp_path / "home")
    orphan = home.artifacts / "penguin" / "Trainer" / "model" / "7"
    orphan.mkdir(parents=True)
    (orphan / "weights").write_bytes(b"x" * 1234)
    with open_local(home.metadata, write=True):
        pass
    return home


@pytest.fixture
def clean(home):
    return lambda *options: main(["clean", str(PENGUIN), "--home", str(home.root), *options])


def test_a_dry_run_says_what_would_go_and_how_much(clean, home, capsys):
    orphan = home.artifacts / "penguin" / "Trainer" / "model" / "7"

    assert clean("--dry-run") == 0
    assert capsys.readouterr().out == f"    1.2 kB  {orphan}\nwould remove 1 item, 1.2 kB\n"
    assert orphan.exists()


def test_what_goes_is_counted(clean, home, capsys):
    assert clean() == 0
    assert capsys.readouterr().out == "removed 1 item, 1.2 kB\n"
    assert list((home.artifacts / "penguin" / "Trainer" / "model").iterdir()) == []
    assert clean() == 0
    assert capsys.readouterr().out == "nothing to remove\n"


def test_a_home_without_runs_stays_as_it_is(clean, home, capsys):
    shutil.rmtree(home.root)

    assert clean("--keep-runs", "3") == 0
    assert capsys.readouterr().out == f"no runs in {home.root}; nothing to remove\n"
    assert not home.root.exists()


def test_no_run_is_kept_without_saying_how_many(clean, capsys):
    assert clean("--keep-runs", "0") == 2
    assert "--keep-runs" in capsys.readouterr().err


def test_while_a_run_goes_on_nothing_is_removed(clean, home, capsys):
    with locked(home):
        assert clean() == 2
    assert "in use by another run" in capsys.readouterr().err


def test_what_is_no_database_is_told(clean, home, capsys):
    home.metadata.write_bytes(b"not a database at all" * 99)

    assert clean() == 1
    assert f"{home.metadata}: it is no SQLite database" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (2_560_000, "2.6 MB")],
)
def test_sizes_are_read_as_people_read_them(size, text):
    assert in_units(size) == text


@pytest.mark.parametrize("option", ["--dry-run", "--keep-runs=1"])
def test_a_push_that_was_not_recorded_counts(clean, home, option):
    """Its Pusher was killed just after the model was in the store: the model must not go."""
    version = home.models / "penguin" / "1700000000"
    version.mkdir(parents=True)
    origin = Origin(1700000000, "x", "f", Provenance("penguin", "r", "/model", 7))
    version.with_name("1700000000.json").write_text(origin.to_json())

    assert clean(option) == 0

    with open_local(home.metadata, write=False) as store:
        assert [push.version for push in pushes_among(store.get_artifacts())] == [1700000000]
