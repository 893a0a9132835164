import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.tfrecords import FRAME_BYTES, framed, whole_bytes


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
