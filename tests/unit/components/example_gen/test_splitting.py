"""The split of a row: its hash decides, and nothing else."""

from __future__ import annotations

import hashlib

from components.example_gen.splitting import Splitter

ROWS = [str(number).encode() for number in range(3000)]


def test_every_row_is_dealt_once_and_in_order():
    dealt = Splitter({"train": 2, "eval": 1}).deal(ROWS)

    assert list(dealt) == ["train", "eval"]
    assert sorted(dealt["train"] + dealt["eval"]) == sorted(ROWS)
    assert dealt["eval"] == [row for row in ROWS if row in set(dealt["eval"])]
    assert 900 < len(dealt["eval"]) < 1100


def test_the_bucket_is_the_sha256_modulo_all_buckets():
    dealt = Splitter({"train": 2, "eval": 1, "test": 1}).deal(ROWS)

    expected = {"train": [], "eval": [], "test": []}
    for row in ROWS:
        bucket = int(hashlib.sha256(row).hexdigest(), 16) % 4
        expected[("train", "train", "eval", "test")[bucket]].append(row)
    assert dealt == expected


def test_company_does_not_change_a_rows_split():
    splitter = Splitter({"train": 2, "eval": 1})

    together = splitter.deal(ROWS)
    alone = [splitter.deal([row]) for row in ROWS]

    assert together["eval"] == [row for dealt in alone for row in dealt["eval"]]


def test_one_split_takes_all():
    assert Splitter({"all": 5}).deal(ROWS) == {"all": ROWS}
