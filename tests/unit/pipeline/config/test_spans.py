"""Spans of the configuration: what is listed, what is chosen, what is refused."""

from __future__ import annotations

import os

import pytest

from components.example_gen.spans import Span
from components.example_gen.window import Choice
from pipeline.config.loading import load_config
from pipeline.config.spans import resolve_spans, spans_in_window
from pipeline.errors import ConfigurationError, DataError, UsageError


class Data:
    """A use case's folder, with data beside its configuration."""

    def __init__(self, folder):
        self.folder = folder
        self.root = folder.resolve()

    def write(self, *names):
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x\n1\n")

    def resolve(self, path, *settings, newest=None, now=None):
        config = load_config(self.folder, [f"data.path='{path}'", *settings], {})
        return resolve_spans(config, self.folder, newest, now)

    def refuse(self, kind, *arguments, **options):
        with pytest.raises(kind) as caught:
            self.resolve(*arguments, **options)
        return str(caught.value)


@pytest.fixture
def data(folder):
    return Data(folder)


def test_without_a_placeholder_there_are_no_spans(data):
    assert data.resolve("data/*.csv") == Choice()
    assert data.resolve("gs://bucket/{name}") == Choice()


def test_files_of_spans(data):
    data.write("data/span-1/a.csv", "data/span-2/a.csv", "data/span-2/b.csv", "data/span-2/b.txt")

    assert data.resolve("data/span-{SPAN}/*.csv", "data.window=2").spans == (
        Span(1, None, f"{data.root}/data/span-1/*.csv"),
        Span(2, None, f"{data.root}/data/span-2/*.csv"),
    )


def test_the_window_by_its_numbers(data):
    data.write("data/1/a.csv", "data/2/a.csv", "data/3/a.csv")

    def window(*settings):
        config = load_config(data.folder, ["data.path='data/{SPAN}/*.csv'", *settings], {})
        return spans_in_window(config, data.folder)

    assert window("data.window=2") == {2, 3}
    assert window("data.complete_marker=_SUCCESS") == frozenset()
    assert window("data.path=data") == frozenset()


def test_folders_of_spans_stand_for_the_files_of_the_format_in_them(data):
    data.write("data/1/v0/a.csv", "data/1/v0/a.parquet", "data/1/readme.txt")

    (span,) = data.resolve("data/{SPAN}/v{VERSION}").spans
    assert span == Span(1, 0, f"{data.root}/data/1/v0/*.csv")
    (span,) = data.resolve("data/{SPAN}/v{VERSION}", "data.format=parquet").spans
    assert span.path == f"{data.root}/data/1/v0/*.parquet"


@pytest.mark.parametrize("path", ["data/{SPAN}", "data/{SPAN}/*.csv"])
def test_a_folder_with_a_marker_and_no_data_is_told(data, path):
    data.write("data/1/a.csv", "data/1/_SUCCESS", "data/9/_SUCCESS", "data/9/a.txt")

    choice = data.resolve(path, "data.complete_marker=_SUCCESS")
    assert [span.number for span in choice.spans] == [1]
    assert choice.notes[1:] == (
        f"span 9 is passed over: there is _SUCCESS in {data.root}/data/9, and no *.csv",
    )


def test_an_installed_package_may_hold_spans(data, monkeypatch):
    package = data.root.parent / "wares"
    (package / "csv").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "csv" / "data7.csv").write_text("x\n1\n")
    monkeypatch.syspath_prepend(package.parent)

    (span,) = data.resolve("package:wares/csv/data{SPAN:1}.csv").spans
    assert span == Span(7, None, str(package / "csv" / "data7.csv"))


def test_a_marker_file_completes_a_span(data):
    data.write("data/1/a.csv", "data/1/_SUCCESS", "data/2/a.csv")
    given = "data/{SPAN}/*.csv", "data.complete_marker=_SUCCESS"

    choice = data.resolve(*given)
    assert [span.number for span in choice.spans] == [1]
    assert f"there is no _SUCCESS in {data.root}/data/2" in choice.notes[1]
    data.write("data/2/_SUCCESS")
    assert [span.number for span in data.resolve(*given).spans] == [2]


def test_age_completes_a_span(data):
    data.write("data/1/a.csv", "data/2/a.csv")
    os.utime(data.root / "data/1/a.csv", (1000, 1000))
    os.utime(data.root / "data/2/a.csv", (1050, 1050))
    given = "data/{SPAN}/*.csv", "data.complete_after_seconds=60"

    assert [span.number for span in data.resolve(*given, now=1100).spans] == [1]
    assert [span.number for span in data.resolve(*given, now=1110).spans] == [2]


@pytest.mark.parametrize("newest", ["20089", "2025-01-01"])
def test_the_newest_span_is_asked_for_by_number_or_by_date(data, newest):
    data.write("data/2025-01-01.csv", "data/2025-01-02.csv")

    (span,) = data.resolve("data/{YYYY}-{MM}-{DD}.csv", newest=newest).spans
    assert span == Span(20089, None, f"{data.root}/data/2025-01-01.csv")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("data/{SPAN}/{YYYY}{MM}{DD}.csv", "both {SPAN} and {YYYY} are there"),
        ("data/v{VERSION}.csv", "{VERSION} needs a span"),
        ("data/{SPAN}*.csv", "where {SPAN} ends cannot be told"),
        ("data/{SPAM}/{VERSION}.csv", "there is no placeholder {SPAM}"),
        ("gs://bucket/{SPAN}", "spans are read from file systems only; mount the bucket"),
        ("nowhere/{SPAN}.csv", "nothing is at "),
    ],
)
def test_a_path_that_cannot_work(data, path, message):
    data.write("data/1.csv")

    refusal = data.refuse(ConfigurationError, path)
    assert refusal.startswith(f"data.path = {path}: ")
    assert message in refusal


def test_folders_without_data(data):
    data.write("data/1/readme.txt")

    assert data.refuse(ConfigurationError, "data/{SPAN}") == (
        f"data.path = data/{{SPAN}}: no file matches {data.root}/data/{{SPAN}}/*.csv"
    )


@pytest.mark.parametrize(
    ("settings", "newest", "wrong"),
    [
        (["data.window=2"], None, "data.window = 2"),
        (["data.window=all"], None, "data.window = all"),
        (["data.complete_marker=_SUCCESS"], None, "data.complete_marker = _SUCCESS"),
        (["data.complete_after_seconds=5"], None, "data.complete_after_seconds = 5.0"),
        ([], "3", "--span 3"),
    ],
)
def test_settings_of_spans_need_spans(data, settings, newest, wrong):
    assert data.refuse(ConfigurationError, "data/*.csv", *settings, newest=newest) == (
        f"{wrong}: data.path = data/*.csv has no spans; "
        "put {SPAN}, or {YYYY}, {MM} and {DD}, where their numbers are, or leave this out"
    )


def test_a_marker_needs_a_folder_of_its_own(data):
    data.write("data/1.csv")

    refusal = data.refuse(ConfigurationError, "data/{SPAN}.csv", "data.complete_marker=_SUCCESS")
    assert "has no folder for each span that could hold it" in refusal


def test_a_marker_must_not_be_read_as_data(data):
    data.write("data/1/a.csv", "data/1/done.csv")

    refusal = data.refuse(ConfigurationError, "data/{SPAN}/*.csv", "data.complete_marker=done.csv")
    assert "data.path = data/{SPAN}/*.csv would read it as data" in refusal


def test_no_complete_span_is_the_data_s_fault(data):
    data.write("data/1/a.csv")

    refusal = data.refuse(DataError, "data/{SPAN}/*.csv", "data.complete_marker=_SUCCESS")
    assert "no span is complete yet; the newest, span 1" in refusal
    assert DataError.exit_status == 3


@pytest.mark.parametrize(
    ("names", "path", "message"),
    [
        (["data/2025-13-01.csv"], "data/{YYYY}-{MM}-{DD}.csv", "2025-13-01 is no date"),
        (["data/1.csv", "data/01.csv"], "data/{SPAN}.csv", "span 1 is there twice"),
        (
            ["data/a-1-b.csv", "data/a-1-2-b.csv"],
            "data/*-{SPAN}-*.csv",
            "a-1-2-b.csv is of span 2, but the files of span 1",
        ),
    ],
)
def test_files_that_contradict_one_another_are_the_data_s_fault(data, names, path, message):
    data.write(*names)

    assert message in data.refuse(DataError, path, "data.window=all")


@pytest.mark.parametrize(
    ("newest", "message"),
    [
        ("3", "--span 3: there is no span 3; those that are there: 1, 2"),
        ("x", "--span x: not the number of a span; write it as in --span 3"),
        ("-1", "--span -1: not the number of a span; write it as in --span 3"),
        ("2025-01-01", "--span 2025-01-01: not the number of a span; write it as in --span 3"),
    ],
)
def test_a_span_that_is_not_there(data, newest, message):
    data.write("data/1.csv", "data/2.csv")

    assert data.refuse(UsageError, "data/{SPAN}.csv", newest=newest) == message


def test_a_date_that_is_not_there(data):
    data.write("data/2025-01-01.csv")
    path = "data/{YYYY}-{MM}-{DD}.csv"

    assert data.refuse(UsageError, path, newest="2025-01-02") == (
        "--span 2025-01-02: there is no span 20090 (2025-01-02); "
        "those that are there: 20089 (2025-01-01)"
    )
    assert data.refuse(UsageError, path, newest="9999999999").endswith(
        "not the number of a span; write it as in --span 2025-01-01 or 20089"
    )
