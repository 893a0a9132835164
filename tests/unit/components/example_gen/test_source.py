"""Where ExampleGen reads: a folder, a file, a glob."""

from __future__ import annotations

import pytest

from components.example_gen.source import source_of


@pytest.mark.parametrize(
    ("data_format", "pattern"),
    [("csv", "*.csv"), ("parquet", "*.parquet"), ("tfrecord", "*tfrecord*")],
)
def test_a_folder_stands_for_its_files_of_the_format(tmp_path, data_format, pattern):
    assert source_of(str(tmp_path), data_format) == (str(tmp_path), pattern)


def test_a_file(tmp_path):
    assert source_of(f"{tmp_path}/trips.csv", "csv") == (str(tmp_path), "trips.csv")


@pytest.mark.parametrize(
    ("glob", "base", "pattern"),
    [
        ("/data/*.csv", "/data", "*.csv"),
        ("/data/*/*.gz", "/data", "*/*.gz"),
        ("/data/day-?/a.csv", "/data", "day-?/a.csv"),
        ("/data/[ab]/x/a.csv", "/data", "[ab]/x/a.csv"),
        ("*.csv", ".", "*.csv"),
        ("trips.csv", ".", "trips.csv"),
    ],
)
def test_a_glob_is_cut_before_its_first_wild_part(glob, base, pattern):
    assert source_of(glob, "csv") == (base, pattern)


@pytest.mark.parametrize(
    ("uri", "base", "pattern"),
    [
        ("gs://bucket", "gs://bucket", "*.csv"),
        ("gs://bucket/", "gs://bucket", "*.csv"),
        ("gs://bucket/trips/", "gs://bucket/trips", "*.csv"),
        # Only the bucket can tell whether this is a folder.
        ("gs://bucket/trips", "gs://bucket", "trips"),
        ("gs://bucket/day/trips.csv", "gs://bucket/day", "trips.csv"),
        ("gs://bucket/day/*.csv", "gs://bucket/day", "*.csv"),
        ("gs://bucket/day-*/x/a.csv", "gs://bucket", "day-*/x/a.csv"),
    ],
)
def test_a_uri_keeps_its_two_slashes(uri, base, pattern):
    assert source_of(uri, "csv") == (base, pattern)
