"""The fingerprint of input files: it sees what TFX's does not, and no more than there is."""

from __future__ import annotations

import pytest

from components.example_gen.fingerprint import FileState, fingerprint

SMALL = {"a.csv": b"x,y\n1,2\n", "b.csv": b"x,y\n3,4\n"}


def of(contents, *, modified=5_000_000_000, read_at_most=1 << 20):
    files = [FileState(name, len(content), modified) for name, content in contents.items()]
    return fingerprint(files, lambda name: [contents[name]], read_at_most)


@pytest.mark.parametrize(
    "changed",
    [
        {"a.csv": b"x,y\n1,3\n", "b.csv": b"x,y\n3,4\n"},  # as long as before
        {"a.csv": b"x,y\n3,4\n", "b.csv": b"x,y\n1,2\n"},  # changes that cancel out
        {"a.csv": b"x,y\n1,2\n"},
        {"a.csv": b"x,y\n1,2\nx", "b.csv": b",y\n3,4\n"},  # the same bytes, divided differently
    ],
)
def test_other_content_within_the_same_second_is_seen(changed):
    assert of(changed) != of(SMALL)


def test_the_same_content_written_anew_is_the_same():
    assert of(SMALL, modified=9) == of(SMALL)
    assert of(dict(reversed(SMALL.items()))) == of(SMALL)


def test_large_files_are_not_read_and_a_nanosecond_is_seen():
    def large(modified):
        return fingerprint([FileState("a.csv", 100, modified)], _unreadable, read_at_most=99)

    assert large(1) == large(1)
    assert large(1) != large(2)


def _unreadable(name):
    raise AssertionError(f"{name} was read")


def test_it_tells_how_much_there_is():
    assert of(SMALL).startswith("files:2,bytes:16,digest:")
