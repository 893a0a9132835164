"""Which versions go, and when none does."""

import errno

import pytest

from components.pusher import retention
from components.pusher.files import FileSystem
from components.pusher.model_folder import read_origin, standing_versions
from components.pusher.retention import excess_versions, remove_old_versions
from components.pusher.rollback import roll_back
from components.pusher.servers import ServerSilentError

FIRST, SECOND, THIRD, FOURTH = range(1_700_000_000, 1_700_000_004)


@pytest.mark.parametrize(
    ("standing", "keep", "protected", "excess"),
    [
        ({1, 2, 3}, 1, 3, [1, 2]),
        ({1, 2, 3}, 2, 3, [1]),
        ({1, 2, 3}, 3, 3, []),
        ({1, 2, 3}, 9, 3, []),
        ({1, 2, 3}, 1, 1, [2]),
        (set(), 1, 1, []),
    ],
)
def test_the_newest_stay(standing, keep, protected, excess):
    assert excess_versions(standing, keep, protected) == excess


@pytest.fixture
def three(shelf):
    for name in "abc":
        shelf.push(name)
    return shelf


def serves(*versions):
    return lambda: set(versions)


def never_asked():
    raise AssertionError("a server was asked although nothing is to be removed")


def test_what_no_server_has_is_removed_and_its_origin_stays(three):
    done = remove_old_versions(three.folder, 1, THIRD, serves(SECOND, THIRD))

    assert (done.removed, done.note) == ((FIRST,), "")
    assert three.names() == [
        f"{FIRST}.json", str(SECOND), f"{SECOND}.json", str(THIRD), f"{THIRD}.json"
    ]  # fmt: skip
    assert read_origin(three.folder, FIRST).provenance.model_uri == "/artifacts/a"


def test_a_removed_number_is_never_used_again(three):
    remove_old_versions(three.folder, 1, THIRD, serves())
    assert three.push("d").version == FOURTH


def test_what_a_server_has_stays_however_old(three):
    assert remove_old_versions(three.folder, 1, THIRD, serves(FIRST)).removed == (SECOND,)


def test_the_version_just_pushed_stays(three):
    """Others may have been pushed meanwhile."""
    assert remove_old_versions(three.folder, 1, FIRST, serves()).removed == (SECOND,)


def test_no_server_is_asked_while_there_is_nothing_to_remove(three):
    assert remove_old_versions(three.folder, 3, THIRD, never_asked).removed == ()
    assert remove_old_versions(three.folder, 3, THIRD, None).note == ""


def test_without_a_server_to_ask_everything_stays_and_the_note_says_so(three):
    done = remove_old_versions(three.folder, 1, THIRD, None)
    assert done.removed == ()
    assert done.note == (
        "2 old versions are kept, because no server to ask is named in pusher.servers"
    )


def test_when_a_server_is_silent_everything_stays_and_the_note_says_so(three):
    def silent():
        raise ServerSilentError("taxi-server:8500", "no answer within 5 s; and so on")

    done = remove_old_versions(three.folder, 2, THIRD, silent)
    assert done.removed == ()
    assert done.note == (
        "1 old version is kept, because the server taxi-server:8500 does not say which versions "
        "it has: no answer within 5 s"
    )
    assert standing_versions(three.folder) == {FIRST, SECOND, THIRD}


def test_what_nobody_pushed_neither_counts_nor_goes(three):
    (three.folder / "5").mkdir()
    (three.folder / str(FOURTH)).mkdir()
    assert remove_old_versions(three.folder, 2, THIRD, serves()).removed == (FIRST,)
    assert standing_versions(three.folder) == {5, SECOND, THIRD, FOURTH}


def test_what_is_pushed_while_servers_are_asked_counts(three):
    def push_meanwhile():
        three.push("d")
        return set()

    assert remove_old_versions(three.folder, 2, THIRD, push_meanwhile).removed == (FIRST, SECOND)
    assert standing_versions(three.folder) == {THIRD, FOURTH}


def test_what_is_restored_while_servers_are_asked_stays(three):
    def roll_back_meanwhile():
        roll_back(three.folder, FIRST, clock=lambda: 0)
        return set()

    remove_old_versions(three.folder, 1, THIRD, roll_back_meanwhile)
    assert standing_versions(three.folder) == {THIRD, FOURTH}
    again = three.push("a")
    assert (again.version, again.already) == (FOURTH, True)


def test_a_failure_undoes_no_push_and_is_told(three):
    class ReadOnly(FileSystem):
        def rename(self, source, target):
            raise OSError(errno.EROFS, "Read-only file system", str(source), None, str(target))

    done = remove_old_versions(three.folder, 1, THIRD, serves(), files=ReadOnly())
    assert done.removed == ()
    assert done.note.startswith("old versions could not be removed: Read-only file system")
    assert standing_versions(three.folder) == {FIRST, SECOND, THIRD}


def test_the_lock_is_held_while_versions_go(three, monkeypatch):
    """A rollback must not lose the version that it is restoring."""
    held = []
    real = retention.opened

    class Watching(FileSystem):
        def rename(self, source, target):
            assert held == ["in"]
            super().rename(source, target)

    class Watched:
        def __init__(self, *arguments):
            self._real = real(*arguments)

        def __enter__(self):
            held.append("in")
            return self._real.__enter__()

        def __exit__(self, *arguments):
            held.append("out")
            return self._real.__exit__(*arguments)

    monkeypatch.setattr(retention, "opened", Watched)
    remove_old_versions(three.folder, 1, THIRD, serves(), files=Watching())
    assert held == ["in", "out"]
