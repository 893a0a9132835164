"""What is wrong, as a verdict: all is counted, the first findings are shown."""

from __future__ import annotations

import pytest

from components.example_gen.findings import Findings, shown, unknown_name
from components.gates import DataRefusedError


def verdict_of(findings):
    with pytest.raises(DataRefusedError) as caught:
        findings.refuse_any()
    return caught.value.verdict


def test_nothing_found_is_nothing_refused():
    Findings().refuse_any()


@pytest.mark.parametrize(
    ("place", "headline"), [("line 7", "a.csv, line 7: too bad"), ("", "a.csv: too bad")]
)
def test_one_finding_is_its_own_headline(place, headline):
    findings = Findings()
    findings.add("a.csv", place, "too bad", "mend it")

    verdict = verdict_of(findings)

    assert verdict.headline == headline
    assert verdict.rows == (("a.csv", place, "too bad", "mend it"),)
    assert verdict.advice == "mend the data, then run again; nothing was written"


def test_the_first_ten_are_shown_and_all_are_counted():
    findings = Findings()
    for line in range(12):
        findings.add("a.csv", f"line {line}", "bad", "mend it")
    findings.count_more("b.csv", 1000)

    verdict = verdict_of(findings)

    assert verdict.headline == "1,012 findings in 2 files"
    assert [row[1] for row in verdict.rows] == [f"line {line}" for line in range(10)]
    assert verdict.advice.startswith("these are the first 10 of 1,012 findings; mend")


def test_findings_follow_others():
    first, second = Findings(), Findings()
    first.add("a", "", "1", "")
    second.add("b", "", "2", "")
    first.extend(second)

    verdict = verdict_of(first)

    assert verdict.headline == "2 findings in 2 files"
    assert [row[2] for row in verdict.rows] == ["1", "2"]


def test_a_long_value_is_cut():
    assert shown("a'b") == '"a\'b"'
    assert shown("x" * 41) == repr("x" * 40 + "...")


def test_a_name_that_is_not_there_gives_the_nearest_or_all():
    assert unknown_name("specie", ["mass", "species"]) == "did you mean 'species'?"
    assert unknown_name("x", ["mass", "eggs"]) == "the columns are mass, eggs"
    assert unknown_name("x", [f"c{i}" for i in range(11)]).endswith("c9, ...")
