"""Making an older version the newest again."""

import os
import shutil

import pytest

from components.pusher.errors import RollbackError
from components.pusher.fingerprint import fingerprint
from components.pusher.model_folder import read_origin, standing_versions
from components.pusher.rollback import roll_back

FIRST, SECOND, THIRD, FOURTH, FIFTH = range(1_700_000_000, 1_700_000_005)


@pytest.fixture
def three(shelf):
    """Models a, b and c are versions FIRST, SECOND and THIRD."""
    for name in "abc":
        shelf.push(name)
    return shelf


def back(shelf, version=None):
    return roll_back(shelf.folder, version, clock=lambda: FIRST)


def test_the_version_before_the_newest_becomes_a_new_one(three):
    done = back(three)

    assert not done.already
    assert (done.origin.version, done.origin.restores) == (FOURTH, SECOND)
    assert done.origin.rolled_back_from == THIRD
    assert done.origin.provenance.model_uri == "/artifacts/b"
    assert read_origin(three.folder, FOURTH) == done.origin
    assert fingerprint(three.folder / str(FOURTH)) == fingerprint(three.model("b"))
    assert standing_versions(three.folder) == {FIRST, SECOND, THIRD, FOURTH}


def test_its_files_take_no_space(three):
    back(three)
    paths = [three.folder / str(v) / "saved_model.pb" for v in (SECOND, FOURTH)]
    assert paths[0].samefile(paths[1])


def test_the_new_version_stays_when_the_old_one_goes(three):
    back(three)
    shutil.rmtree(three.folder / str(SECOND))
    assert fingerprint(three.folder / str(FOURTH)) == fingerprint(three.model("b"))


def test_where_files_cannot_be_linked_they_are_copied(three, monkeypatch):
    def refuse(*_arguments, **_options):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    back(three)
    paths = [three.folder / str(v) / "saved_model.pb" for v in (SECOND, FOURTH)]
    assert not paths[0].samefile(paths[1])
    assert fingerprint(three.folder / str(FOURTH)) == fingerprint(three.model("b"))


def test_going_back_once_more_goes_further_back(three):
    back(three)
    assert back(three).origin.restores == FIRST
    with pytest.raises(
        RollbackError, match=f"nothing that was pushed before version {FIFTH}"
    ) as it:
        back(three)
    assert str(it.value).endswith(f"name a version to restore that: {SECOND}, {THIRD}, {FOURTH}")


def test_a_version_by_its_number(three):
    assert back(three, FIRST).origin.restores == FIRST


def test_what_was_rolled_back_can_be_named(three):
    back(three)
    assert back(three, THIRD).origin.restores == THIRD


@pytest.mark.parametrize("version", [FIRST, FOURTH])
def test_a_rollback_that_is_done_is_not_done_twice(three, version):
    back(three, FIRST)
    again = back(three, version)
    assert again.already
    assert again.origin.version == FOURTH


def test_a_newest_version_with_changed_files_is_restored_from_the_older_one(three):
    back(three, FIRST)
    changed = three.folder / str(FOURTH) / "saved_model.pb"
    changed.unlink()  # the older version has the same file
    changed.write_text("changed")
    assert back(three, FIRST).origin.version == FIFTH


def test_the_next_push_goes_on_from_there(three):
    back(three, FIRST)
    three.push("d")
    assert back(three).origin.restores == FOURTH


def test_a_removed_version_is_passed_over(three):
    shutil.rmtree(three.folder / str(SECOND))
    assert back(three).origin.restores == FIRST


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (7, f"taxi: version 7 does not exist; there are: {FIRST}, {SECOND}, {THIRD}"),
        (2**63, "does not exist"),
        (-1, "does not exist"),
    ],
)
def test_a_version_that_never_was(three, version, message):
    with pytest.raises(RollbackError, match=message):
        back(three, version)


def test_a_version_that_was_removed(three):
    shutil.rmtree(three.folder / str(FIRST))
    with pytest.raises(RollbackError, match=f"version {FIRST} has been removed; there are: "):
        back(three, FIRST)


def test_a_version_with_changed_files(three):
    (three.folder / str(SECOND) / "saved_model.pb").write_text("changed")
    for version in (None, SECOND):
        with pytest.raises(RollbackError, match=f"files of version {SECOND} were changed"):
            back(three, version)
    assert FOURTH not in standing_versions(three.folder)


def test_a_version_that_nobody_pushed(three):
    (three.folder / "5").mkdir()
    with pytest.raises(RollbackError, match=r"version 5 has no readable origin file 5\.json"):
        back(three, 5)


def test_a_newest_version_that_nobody_pushed(three):
    by_hand = three.folder / str(FIFTH)
    by_hand.mkdir()
    done = back(three)
    assert (done.origin.restores, done.origin.rolled_back_from) == (THIRD, FIFTH)


def test_the_only_version(shelf):
    shelf.push("a")
    with pytest.raises(RollbackError, match=f"taxi: version {FIRST} is the only model there"):
        back(shelf)


def test_the_same_model_pushed_again_is_no_older_one(shelf):
    shelf.push("a")
    shutil.rmtree(shelf.folder / str(FIRST))
    shelf.push("a")
    with pytest.raises(RollbackError, match=f"version {SECOND} is the only model there"):
        back(shelf)
