"""The reference in docs/ is the one that the models give, and its example is true."""

from __future__ import annotations

from pipeline.config.known_keys import dotted_keys
from pipeline.config.loading import load_config
from pipeline.config.reference import REFERENCE_FILE, SMALLEST_FILE, reference


def test_the_reference_is_fresh():
    stored = REFERENCE_FILE.read_text(encoding="utf-8")

    assert stored == reference(), "run `python -m pipeline.config.reference`"


def test_every_key_is_in_the_reference_with_a_meaning():
    rows = [line for line in reference().splitlines() if line.startswith("| `")]
    cells = {row.split("`")[1]: row.rsplit("|", 2)[1].strip() for row in rows}

    leaves = {key for key in dotted_keys() if "." in key}
    assert leaves <= set(cells)
    assert all(meaning not in ("", "None") for meaning in cells.values())


def test_the_smallest_file_is_valid(write, folder):
    write(SMALLEST_FILE)

    assert load_config(folder, (), {}).transform.label == "is_late"
    assert SMALLEST_FILE in reference()
