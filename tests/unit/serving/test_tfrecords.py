"""The TFRecord format, as TensorFlow writes and reads it."""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.tfrecords import FRAME_BYTES, CorruptRecordError, framed, read_records, whole_bytes

CONTENTS = [b"first", b"", b"x" * 70_000, b"last"]


def contents(data):
    return [record.content for record in read_records(io.BytesIO(data))]


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_what_was_framed_is_read(compress):
    assert contents(compress(framed(CONTENTS))) == CONTENTS


def test_records_know_their_number_and_byte():
    records = list(read_records(io.BytesIO(framed(CONTENTS))))

    assert [record.number for record in records] == [1, 2, 3, 4]
    assert [record.offset for record in records[:3]] == [0, 21, 37]


def test_a_first_record_that_looks_like_gzip_is_none():
    length = 0x8B1F  # its length in little-endian is the magic number of gzip

    assert contents(framed([b"x" * length])) == [b"x" * length]


def test_no_records():
    assert contents(b"") == []
    assert contents(gzip.compress(b"")) == []


def refused(data):
    with pytest.raises(CorruptRecordError) as caught:
        contents(data)
    return caught.value.number, caught.value.offset, caught.value.problem


@pytest.mark.parametrize(
    ("cut", "problem"),
    [
        (21 + 5, "the file is cut off in the record's length"),
        (21 + 12, "the file is cut off: the record has 6 bytes"),
        (21 + 12 + 3, "the file is cut off: the record has 6 bytes"),
        (21 + 12 + 6 + 3, "the file is cut off: the record has 6 bytes"),
    ],
)
def test_a_file_that_is_cut_off(cut, problem):
    assert refused(framed([b"first", b"second"])[:cut]) == (2, 21, problem)


@pytest.mark.parametrize(
    ("byte", "problem"),
    [
        (21, "the checksum of the record's length is wrong"),
        (21 + 9, "the checksum of the record's length is wrong"),
        (21 + 12, "the checksum of the record's content is wrong"),
        (-1, "the checksum of the record's content is wrong"),
    ],
)
def test_a_byte_that_was_changed(byte, problem):
    data = bytearray(framed([b"first", b"second"]))
    data[byte] ^= 1

    assert refused(bytes(data)) == (2, 21, problem)


def test_a_compressed_file_that_is_cut_off():
    whole = framed([b"first", b"second"])
    number, offset, problem = refused(gzip.compress(whole)[:-5])
    assert (number, offset) == (3, len(whole))
    assert problem.startswith("the compressed file is damaged or cut off here (")


def test_no_tfrecord_at_all():
    assert refused(b"a,b\n1,2\n3,4\n5,6\n")[:2] == (1, 0)


def test_records_are_framed_as_tensorflow_frames_them():
    # What tf.io.TFRecordWriter wrote.
    assert framed([b"abc"]).hex() == "0300000000000000" + "b099490e" + "616263" + "6e57f121"


@given(st.lists(st.binary(max_size=40)), st.integers(1, 60))
def test_what_is_whole_ends_before_the_torn_record(records, cut):
    data = framed(records)
    assert whole_bytes(io.BytesIO(data)) == len(data)
    last = framed([b"x" * 50])
    torn = data + last[:-cut]
    assert whole_bytes(io.BytesIO(torn)) == len(data)


@pytest.mark.parametrize("at", [0, 8, 12, 15])
def test_a_damaged_record_is_not_whole(at):
    data = bytearray(framed([b"abc"]))
    assert len(data) == 3 + FRAME_BYTES
    data[at] ^= 1
    assert whole_bytes(io.BytesIO(data)) == 0
