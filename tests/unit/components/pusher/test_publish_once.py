"""A model artifact is pushed once; it comes back only where it was the newest and is lost."""

import shutil

import pytest

from components.pusher.rollback import roll_back

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
