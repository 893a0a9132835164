import fcntl
import os
from pathlib import Path

import pytest

from serving.server.record_files import RotatedRecords, Rotation
from serving.tfrecords import FRAME_BYTES, framed

LARGE = Rotation(max_bytes=10**6, max_seconds=60)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def prefix(tmp_path):
    return str(tmp_path / "logs" / "m")


def contents(prefix):
    """The complete files, oldest first."""
    folder = Path(prefix).parent
    return [path.read_bytes() for path in sorted(folder.glob("m-*.tfrecord"))]


def unfinished(prefix):
    return list(Path(prefix).parent.glob("*.open"))


@pytest.mark.parametrize(
    ("rotation", "size", "count", "fitting"),
    [
        (Rotation(1000, 60), 0, 0, 4),
        (Rotation(1000, 60), 1000 - 2 * (10 + FRAME_BYTES), 1, 2),
        (Rotation(1000, 60), 1000, 9, 0),
        (Rotation(1, 60), 0, 0, 1),
        (Rotation(1000, 60, max_records=3), 0, 0, 3),
        (Rotation(1000, 60, max_records=3), 99, 3, 0),
    ],
)
def test_a_file_has_room_by_size_and_number(rotation, size, count, fitting):
    assert rotation.room(size, count, [10] * 4) == fitting


def test_a_file_shows_when_it_is_complete(prefix):
    files = RotatedRecords(prefix, LARGE)
    assert files.write([b"a", b"b"]) == 2
    assert (contents(prefix), len(unfinished(prefix))) == ([], 1)
    files.rotate()
    assert contents(prefix) == []
    files.close()
    assert (contents(prefix), unfinished(prefix)) == ([framed([b"a", b"b"])], [])


def test_files_end_with_their_size(prefix):
    files = RotatedRecords(prefix, Rotation(2 * (1 + FRAME_BYTES), 60))
    records = [b"a", b"b", b"c"]
    assert files.write(records) == 2
    assert files.write(records[2:]) == 1
    files.close()
    assert contents(prefix) == [framed([b"a", b"b"]), framed([b"c"])]


def test_files_end_with_their_age_even_if_nothing_more_comes(prefix):
    clock = Clock()
    files = RotatedRecords(prefix, LARGE, clock)
    assert files.seconds_left() is None
    files.write([b"a"])
    clock.now = 59
    files.rotate()
    assert (contents(prefix), files.seconds_left()) == ([], 1)
    clock.now = 60
    files.rotate()
    assert (contents(prefix), files.seconds_left()) == ([framed([b"a"])], None)


def test_a_full_file_is_ended_at_once(prefix):
    files = RotatedRecords(prefix, Rotation(10**6, 60, max_records=1))
    files.write([b"a"])
    files.rotate()
    assert contents(prefix) == [framed([b"a"])]


def test_a_file_that_cannot_be_written_ends_with_its_last_whole_record(prefix):
    files = RotatedRecords(prefix, LARGE)
    files.write([b"a"])
    file = files._file._file

    class Full:
        def __getattr__(self, name):
            return getattr(file, name)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            file.close()

        def write(self, data):
            if file.tell() > len(framed([b"a"])):
                raise OSError(28, os.strerror(28))
            return file.write(data[:5])

    files._file._file = Full()
    with pytest.raises(OSError, match="No space left"):
        files.write([b"b"])
    assert contents(prefix) == [framed([b"a"])]
    assert files.write([b"c"]) == 1
    files.close()
    assert contents(prefix)[1] == framed([b"c"])


def test_what_a_crash_left_behind_is_ended_and_what_is_being_written_is_not(prefix):
    folder = Path(prefix).parent
    folder.mkdir()
    left = folder / "m-1.tfrecord.open"
    left.write_bytes(framed([b"a", b"b"])[:-1])
    (folder / "m-2.tfrecord.open").write_bytes(b"torn")
    held = folder / "m-3.tfrecord.open"
    held.write_bytes(framed([b"c"]))
    (folder / "other-1.tfrecord.open").write_bytes(framed([b"d"]))
    with held.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert RotatedRecords(prefix, LARGE).adopt() == [folder / "m-1.tfrecord"]
    assert contents(prefix) == [framed([b"a"])]
    assert {path.name for path in folder.iterdir()} == {
        "m-1.tfrecord",
        "m-3.tfrecord.open",
        "other-1.tfrecord.open",
    }
