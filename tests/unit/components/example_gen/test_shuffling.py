"""Rows in another order: all of them, and none the less."""

from __future__ import annotations

import itertools

import pytest

from components.example_gen import shuffling
from components.example_gen.shuffling import Shuffle

ROWS = [b"%05d" % number for number in range(2000)]


def shuffled(tmp_path, rows=ROWS, input_bytes=0, batch=100):
    with Shuffle(("a", "b"), input_bytes, str(tmp_path)) as shuffle:
        for start in range(0, len(rows), batch):
            shuffle.add({"a": rows[start : start + batch], "b": rows[start : start + 1]})
        assert shuffle.rows == {"a": len(rows), "b": len(rows) // batch}
        batches = list(shuffle.batches("a"))
        assert sum(map(len, shuffle.batches("b"))) == len(rows) // batch
    assert not list(tmp_path.iterdir())
    return batches


@pytest.fixture(params=[1, 7], ids=["one part", "parts"])
def parts(request, monkeypatch):
    monkeypatch.setattr(shuffling, "_PART_BYTES", 1000)
    return request.param


def test_all_rows_come_out_in_another_order(tmp_path, parts):
    batches = shuffled(tmp_path, input_bytes=(parts - 1) * 1000)

    assert len(batches) == parts
    out = [row for batch in batches for row in batch]
    assert sorted(out) == ROWS
    # Rows of the first half are spread over the whole.
    late = sum(row < ROWS[1000] for row in out[1000:])
    assert 400 < late < 600


def test_the_same_rows_come_out_in_the_same_order(tmp_path, parts):
    first, second = (shuffled(tmp_path, input_bytes=(parts - 1) * 1000) for _ in range(2))

    assert first == second


def test_equal_rows_are_spread(tmp_path, parts):
    rows = [b"x"] * 1000 + [b"y"] * 1000
    (out, *_) = shuffled(tmp_path, rows, (parts - 1) * 1000)

    changes = sum(one != other for one, other in itertools.pairwise(out))
    assert changes > len(out) / 3


def test_parts_are_as_many_as_can_be_open(monkeypatch, tmp_path):
    monkeypatch.setattr(shuffling, "_MOST_PARTS", 10)

    assert len(shuffled(tmp_path, input_bytes=10**12)) == 5


def test_nothing_stays_when_it_fails(tmp_path):
    def fail():
        with Shuffle(("a",), 0, str(tmp_path)) as shuffle:
            shuffle.add({"a": ROWS})
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert not list(tmp_path.iterdir())
