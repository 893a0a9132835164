"""What the model store has lost comes back as ML Metadata remembers it, also after a rollback."""

import shutil

import pytest

from components.pusher.errors import PushError
from components.pusher.lost_version import bring_back, lost_version
from components.pusher.model_folder import read_origin, read_origins
from components.pusher.rollback import roll_back

FIRST, SECOND, THIRD, FOURTH = range(1_700_000_000, 1_700_000_004)
LATER = THIRD + 3600


@pytest.fixture
def rolled_back(shelf):
    """Model a is version FIRST, model b SECOND, and THIRD restores FIRST."""
    shelf.push("a")
    shelf.push("b")
    roll_back(shelf.folder, clock=lambda: 0)
    return shelf


def test_what_is_lost(rolled_back):
    origins = [read_origin(rolled_back.folder, version) for version in (FIRST, SECOND, THIRD)]

    assert lost_version(rolled_back.folder, origins) is None
    assert lost_version(rolled_back.folder, []) is None
    shutil.rmtree(rolled_back.folder / str(THIRD))
    assert lost_version(rolled_back.folder, origins) == origins[-1]
    shutil.rmtree(rolled_back.folder)
    assert lost_version(rolled_back.folder, origins) == origins[-1]


def brought_back(shelf, source="a"):
    """Asks for the version pushed last, as it was before anything is lost."""
    latest = read_origin(shelf.folder, THIRD)

    def ask(**options):
        model = source and shelf.model(source)
        return bring_back(model, shelf.folder, latest, clock=lambda: LATER, **options)

    return ask


def test_a_store_in_order_is_left_alone(rolled_back):
    before = rolled_back.names()

    assert brought_back(rolled_back)() is None
    assert rolled_back.names() == before


def test_a_lost_store_gets_the_restored_model_and_its_history(rolled_back):
    ask, origin = brought_back(rolled_back), read_origin(rolled_back.folder, THIRD)
    shutil.rmtree(rolled_back.folder.parent)

    done = ask()

    assert (done.version, done.already, done.newest, done.replaces) == (LATER, False, LATER, THIRD)
    assert rolled_back.names() == [str(LATER), f"{LATER}.json"]
    assert (rolled_back.folder / str(LATER) / "saved_model.pb").read_text() == "graph of a"
    back = read_origin(rolled_back.folder, LATER)
    assert back == done.origin
    assert (back.restores, back.rolled_back_from) == (FIRST, SECOND)
    assert back.provenance == origin.provenance
    assert ask() is None


def test_a_store_set_back_to_before_the_rollback_gets_it_again(rolled_back):
    ask = brought_back(rolled_back)
    shutil.rmtree(rolled_back.folder / str(THIRD))
    (rolled_back.folder / f"{THIRD}.json").unlink()

    assert ask().version == LATER


def test_a_changed_version_is_replaced(rolled_back):
    (rolled_back.folder / str(THIRD) / "saved_model.pb").unlink()

    assert brought_back(rolled_back)().version == LATER


def test_the_number_is_higher_whatever_the_clock_says(rolled_back):
    latest = read_origin(rolled_back.folder, THIRD)
    shutil.rmtree(rolled_back.folder.parent)

    done = bring_back(rolled_back.model("a"), rolled_back.folder, latest, clock=lambda: 0)

    assert done.version == FOURTH


def test_a_newer_version_that_only_the_store_knows_stays_the_newest(rolled_back):
    ask = brought_back(rolled_back)
    newer = rolled_back.push("c")

    assert newer.version == FOURTH
    assert ask() is None


@pytest.mark.parametrize("source", [None, "b"])
def test_a_model_that_is_gone_too_is_not_replaced_by_another(rolled_back, source):
    ask = brought_back(rolled_back, source)
    shutil.rmtree(rolled_back.folder)

    with pytest.raises(PushError, match=f"version {THIRD} of taxi is gone .* train another one"):
        ask()
    assert rolled_back.names() == []


def test_what_was_rolled_back_is_not_pushed_again_when_the_store_forgot_it(rolled_back):
    remembered = [read_origin(rolled_back.folder, version) for version in (SECOND, THIRD)]
    ask = brought_back(rolled_back)
    shutil.rmtree(rolled_back.folder.parent)
    back = ask()

    bad = rolled_back.push("b", remembered=[*remembered, back.origin])

    assert (bad.version, bad.already, bad.newest) == (SECOND, True, LATER)
    assert (bad.rolled_back, bad.stands) == (True, False)
    assert list(read_origins(rolled_back.folder)) == [LATER]


def test_without_that_memory_it_would_be(rolled_back):
    shutil.rmtree(rolled_back.folder.parent)

    assert not rolled_back.push("b").already
