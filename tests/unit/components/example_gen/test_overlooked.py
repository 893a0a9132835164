"""Files beside the data that would be passed over without a word."""

from __future__ import annotations

import pytest

from components.example_gen.findings import Findings
from components.example_gen.input_files import find_files
from components.example_gen.overlooked import report_overlooked


@pytest.fixture
def overlooked(tmp_path):
    """Writes files; returns what is found about them."""

    def found(*names, pattern="*.csv"):
        for name in names:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(b"x")
        folder = str(tmp_path)
        findings = Findings()
        report_overlooked(folder, pattern, find_files(folder, pattern, "csv"), findings)
        return [finding[:3] for finding in findings.shown]

    return found


def test_a_compressed_file_beside_those_that_are_read(overlooked):
    assert overlooked("a.csv", "b.csv.gz", "c.csv.gz") == [
        (f"{name}.csv.gz", "", "it would not be read: *.csv does not match it") for name in "bc"
    ]


def test_a_compressed_file_alone(overlooked):
    assert len(overlooked("b.csv.gz")) == 1


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (("a.csv", "a.csv.gz"), "*.csv"),
        (("a.csv", "b.csv.gz"), "a.csv"),
        (("a.csv", "b.csv.gz"), "*.csv*"),
        (("a.csv", "b.csv.bak", ".b.csv.gz", "_SUCCESS"), "*.csv"),
    ],
    ids=["a copy", "one file", "a wider glob", "something else"],
)
def test_what_is_no_data_or_is_read(overlooked, names, pattern):
    assert not overlooked(*names, pattern=pattern)


def test_a_link_to_nothing(overlooked, tmp_path):
    (tmp_path / "b.csv").symlink_to("gone.csv")
    (tmp_path / "good.csv").symlink_to("a.csv")

    assert overlooked("a.csv") == [("b.csv", "", "a link to gone.csv, which is not there")]


def test_files_of_folders_below(overlooked):
    found = overlooked("1/a.csv", "2/b.csv.gz", pattern="*/*.csv")

    assert [name for name, _, _ in found] == ["2/b.csv.gz"]


def test_buckets_are_not_looked_into():
    findings = Findings()
    report_overlooked("gs://bucket", "*.csv", (), findings)

    assert not findings.count
