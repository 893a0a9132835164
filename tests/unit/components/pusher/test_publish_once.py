"""A model artifact is pushed once; it comes back only where it was the newest and is lost."""

import shutil

import pytest

from components.pusher.origin import DataSource
from components.pusher.rollback import roll_back
from components.pusher.span_order import OlderSpan

FIRST, SECOND, THIRD, FOURTH = range(1_700_000_000, 1_700_000_004)


@pytest.fixture
def superseded(shelf):
    """Model a is version FIRST, model b SECOND."""
    shelf.push("a")
    shelf.push("b")
    return shelf


def test_a_model_that_a_newer_one_followed_is_not_pushed_again(superseded):
    again = superseded.push("a")

    assert (again.version, again.already, again.newest) == (FIRST, True, SECOND)
    assert again.stands
    assert not again.rolled_back
    assert superseded.names() == [str(FIRST), f"{FIRST}.json", str(SECOND), f"{SECOND}.json"]


@pytest.mark.parametrize("damage", ["removed", "changed"])
def test_not_even_when_its_version_is_lost(superseded, damage):
    version = superseded.folder / str(FIRST)
    if damage == "removed":
        shutil.rmtree(version)
    else:
        (version / "saved_model.pb").write_text("")

    again = superseded.push("a")

    assert (again.version, again.already, again.stands) == (FIRST, True, False)


def test_a_model_that_was_rolled_back_is_not_pushed_again(superseded):
    roll_back(superseded.folder, clock=lambda: 0)

    again = superseded.push("b")

    assert (again.version, again.already, again.newest) == (SECOND, True, THIRD)
    assert again.rolled_back


def test_nor_when_its_version_was_removed_meanwhile(superseded):
    roll_back(superseded.folder, clock=lambda: 0)
    shutil.rmtree(superseded.folder / str(SECOND))

    again = superseded.push("b")

    assert (again.version, again.already, again.newest) == (SECOND, True, THIRD)


def test_the_restored_model_was_pushed_as_its_newest_version(superseded):
    roll_back(superseded.folder, clock=lambda: 0)

    again = superseded.push("a")

    assert (again.version, again.newest, again.origin.restores) == (THIRD, THIRD, FIRST)
    assert not again.rolled_back


def test_the_restored_model_comes_back_when_it_is_lost(superseded):
    roll_back(superseded.folder, clock=lambda: 0)
    for version in (FIRST, SECOND, THIRD):
        shutil.rmtree(superseded.folder / str(version))

    again = superseded.push("a")

    assert (again.version, again.already) == (FOURTH, False)


def test_everything_lost_is_pushed_again(superseded):
    shutil.rmtree(superseded.folder.parent)

    again = superseded.push("b", clock=lambda: SECOND + 60)

    assert not again.already
    assert again.version == SECOND + 60
    assert superseded.names() == [str(again.version), f"{again.version}.json"]


def trained_on(*spans):
    return tuple(DataSource(f"/e/{span}", span=span) for span in spans)


@pytest.fixture
def backfilled(shelf):
    """Model a was trained on spans 2 and 4, and is version FIRST."""
    shelf.push("a", data=trained_on(2, 4))
    return shelf


def test_a_model_of_older_data_does_not_replace_the_one_in_force(backfilled):
    assert backfilled.push("b", data=trained_on(1, 2)) == OlderSpan(2, FIRST, 4)
    assert backfilled.names() == [str(FIRST), f"{FIRST}.json"]


@pytest.mark.parametrize("spans", [(4,), (5,), (), (None,)])
def test_a_model_of_data_that_is_not_older_does(backfilled, spans):
    assert backfilled.push("b", data=trained_on(*spans)).version == SECOND


def test_so_does_one_of_older_data_where_that_is_wished(backfilled):
    assert backfilled.push("b", data=trained_on(2), older_span=True).version == SECOND


def test_found_again_it_is_not_older_than_itself(backfilled):
    backfilled.push("b", data=trained_on(2), older_span=True)

    assert backfilled.push("b", data=trained_on(2)).already
    assert backfilled.push("a", data=trained_on(2, 4)).already
    assert backfilled.push("c", data=trained_on(3)).version == THIRD


def test_after_a_rollback_the_data_of_the_restored_model_counts(backfilled):
    backfilled.push("b", data=trained_on(5))
    roll_back(backfilled.folder, FIRST, clock=lambda: FIRST)

    assert isinstance(backfilled.push("c", data=trained_on(3)), OlderSpan)
    assert backfilled.push("d", data=trained_on(4)).version == FOURTH


def test_a_version_that_somebody_copied_there_tells_nothing(backfilled):
    (backfilled.folder / str(SECOND)).mkdir()

    assert backfilled.push("b", data=trained_on(2)).version == THIRD
