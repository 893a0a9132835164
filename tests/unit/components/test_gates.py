"""A gate's verdict: its form, and its way through a file."""

from __future__ import annotations

import json

import pytest

from components.gates import Verdict

REFUSAL = Verdict(False, "2 findings", ("a", "b"), (("1", "2"), ("3", "4")), "mend it")


def test_a_verdict_comes_back_as_it_was():
    assert Verdict.from_json(REFUSAL.to_json()) == REFUSAL
    assert Verdict.from_json(Verdict(True, "fine").to_json()) == Verdict(True, "fine")


def test_a_warning_comes_back_and_an_older_verdict_has_none():
    warning = Verdict(True, "one thing is allowed", warns=True)
    older = {
        name: value for name, value in json.loads(warning.to_json()).items() if name != "warns"
    }

    assert Verdict.from_json(warning.to_json()) == warning
    assert not Verdict.from_json(json.dumps(older)).warns


@pytest.mark.parametrize("row", [("1",), ("1", "2", "3")])
def test_a_row_is_as_wide_as_the_headings(row):
    with pytest.raises(ValueError, match="has 2 cells"):
        Verdict(False, "x", ("a", "b"), (("1", "2"), row))


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"passed": true}', "{"])
def test_what_is_no_verdict_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  json's own message serves as well
        Verdict.from_json(text)


def test_a_row_of_the_wrong_width_is_refused_when_it_is_read():
    fields = {**json.loads(REFUSAL.to_json()), "rows": [["1"]]}
    with pytest.raises(ValueError, match="has 2 cells"):
        Verdict.from_json(json.dumps(fields))


def test_through_an_artifacts_folder(leanly, tmp_path):
    snippet = """
from pathlib import Path
from components.gates import Verdict, read_verdict, write_verdict
uri = sys.argv[1]
before = read_verdict(uri)
write_verdict(uri, Verdict(False, "no", ("a",), (("1",),), "mend"))
answer([before, read_verdict(uri) == Verdict(False, "no", ("a",), (("1",),), "mend")])
"""
    assert leanly(snippet, str(tmp_path)) == [None, True]
    assert (tmp_path / "verdict.json").is_file()
