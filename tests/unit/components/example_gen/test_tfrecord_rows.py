"""TFRecord files of tf.Example: verified, and canonical."""

from __future__ import annotations

import gzip
import sys

import pytest
import tf_example

from serving.tfrecords import framed


def example(**features):
    its = tf_example.Example()
    for name, value in features.items():
        kind = {float: "float_list", int: "int64_list", bytes: "bytes_list"}.get(type(value))
        feature = its.features.feature[name]
        if kind:
            getattr(feature, kind).value.append(value)
    return its.SerializeToString()


BIRDS = [example(mass=float(number), eggs=number, name=b"bird") for number in range(5)]


@pytest.fixture(autouse=True)
def no_more_of_tensorflow(monkeypatch):
    """As in a lean process, where ExampleGen runs."""
    monkeypatch.setitem(sys.modules, tf_example.PACKAGE, tf_example.package)


@pytest.fixture
def write(folder):
    """Writes records or bytes, by name."""

    def write_files(**files):
        for name, content in files.items():
            data = content if isinstance(content, bytes) else framed(content)
            (folder / name).write_bytes(data)

    return write_files


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_rows_are_read_plain_and_compressed(write, rows, compress):
    write(a=compress(framed(BIRDS[:2])), b=compress(framed(BIRDS[2:])))

    assert [row["eggs"] for row in rows("tfrecord", "mass")] == [[number] for number in range(5)]


def test_rows_are_written_in_canonical_form(write, read):
    entries = {name: b"\x0a\x05\x0a\x01" + name + b"\x12\x00" for name in (b"a", b"b")}
    write(a=[b"\x0a\x0e" + entries[b"b"] + entries[b"a"]])

    assert read("tfrecord") == [b"\x0a\x0e" + entries[b"a"] + entries[b"b"]]


def test_a_compressed_file_without_records_is_fine_beside_others(write, rows):
    write(a=gzip.compress(b""), b=BIRDS)

    assert len(rows("tfrecord")) == 5


def test_an_empty_file(write, refusal):
    write(a=b"", b=BIRDS)

    assert refusal("tfrecord").headline == "a: the file is empty"


def test_a_file_that_is_cut_off(write, refusal):
    whole = framed(BIRDS)
    write(a=BIRDS, b=whole[:-3])

    found = refusal("tfrecord")

    offset = len(framed(BIRDS[:-1]))
    assert found.places == [("b", f"record 5, byte {offset}")]
    assert found.problems == [f"the file is cut off: the record has {len(BIRDS[-1])} bytes"]
    assert found.fixes == ["copy or write the file again"]


def test_a_wrong_checksum(write, refusal):
    data = bytearray(framed(BIRDS))
    data[20] ^= 1
    write(a=bytes(data))

    assert refusal("tfrecord").headline == (
        "a, record 1, byte 0: the checksum of the record's content is wrong"
    )


@pytest.mark.parametrize("record", [b"", b"\xff\xff", b"\x12\x03abc", b"a,b\n1,2\n"])
def test_a_record_that_is_no_example(write, refusal, record):
    write(a=[BIRDS[0], record])

    found = refusal("tfrecord", "mass")

    assert found.places == [("a", f"record 2, byte {len(framed(BIRDS[:1]))}")]
    assert found.problems == ["the record is no tf.Example with features"]


def test_a_feature_of_another_kind_than_before(write, refusal):
    write(a=BIRDS[:1], b=[BIRDS[1], example(mass=3, eggs=1, name=b"bird")])

    found = refusal("tfrecord", "eggs")

    place = f"record 2, byte {len(framed(BIRDS[1:2]))}"
    assert found.headline == (
        f"b, {place}: feature mass is int64, but float in a, record 1, byte 0"
    )


def test_an_empty_list_has_a_kind_too(write, refusal):
    bird = tf_example.Example.FromString(BIRDS[0])
    bird.features.feature["mass"].int64_list.SetInParent()
    write(a=[*BIRDS, bird.SerializeToString()])

    (problem,) = refusal("tfrecord").problems
    assert problem == "feature mass is int64, but float in a, record 1, byte 0"


def test_a_feature_may_have_no_kind(write, rows):
    write(a=[example(mass=None, eggs=1), *BIRDS, example(mass=None, eggs=1)])

    assert len(rows("tfrecord", "eggs")) == 7


@pytest.mark.parametrize(
    ("label", "bird"),
    [
        ("mass", example(eggs=1)),
        ("mass", example(mass=None)),
        ("mass", example(mass=float("nan"))),
        ("name", example(name=b"")),
        ("eggs", example(eggs=-(2**63))),
    ],
)
def test_a_row_without_label(write, refusal, label, bird):
    write(a=[bird, *BIRDS])

    assert (
        refusal("tfrecord", label).headline == f"a, record 1, byte 0: no label: {label} is missing"
    )


def test_an_infinite_label(write, refusal):
    write(a=[example(mass=float("-inf"), eggs=1, name=b"bird"), *BIRDS])

    assert refusal("tfrecord", "mass").headline == (
        "a, record 1, byte 0: no label: mass is infinite"
    )


def test_a_label_that_no_row_has(write, refusal):
    write(a=BIRDS)

    found = refusal("tfrecord", "mas")

    assert found.headline == "a: no record has a feature 'mas', which data.label names"
    assert found.fixes == ["did you mean 'mass'?"]
