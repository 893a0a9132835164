"""Which spans are used: complete ones, the last of them, in their newest version."""

from __future__ import annotations

import pytest

from components.example_gen.patterns import SpanPattern
from components.example_gen.spans import (
    Completeness,
    Span,
    SpanDataError,
    SpanFile,
    find_versions,
)
from components.example_gen.window import IncompleteError, NoSuchSpanError, choose

NOW = 1_000_000.0
FOLDERS = "/d/span-{SPAN}/*.csv"
VERSIONS = "/d/span-{SPAN}/v{VERSION}/*.csv"
AT_ONCE, MARKED = Completeness(), Completeness("_SUCCESS")


class Files:
    """Files of a pattern, and the choice of spans among them."""

    def __init__(self, pattern, *paths, markers=(), ages=None):
        self.pattern = SpanPattern.parse(pattern)
        self.files = [SpanFile(path, NOW - (ages or {}).get(path, 3600)) for path in paths]
        self.markers = set(markers)

    def choose(self, window=1, newest=None, completeness=AT_ONCE):
        found = find_versions(self.pattern, self.files, self.markers, completeness, NOW)
        return choose(self.pattern, found, window, newest)

    def numbers(self, *arguments, **options):
        return [span.number for span in self.choose(*arguments, **options).spans]


def folders(*spans, **options):
    return Files(FOLDERS, *(f"/d/span-{span}/a.csv" for span in spans), **options)


@pytest.mark.parametrize(
    ("window", "used"),
    [(1, [11]), (2, [3, 11]), (3, [2, 3, 11]), (9, [1, 2, 3, 11]), ("all", [1, 2, 3, 11])],
)
def test_the_window_is_the_last_spans_by_number_whatever_the_gaps(window, used):
    assert folders(11, 2, 1, 3).numbers(window) == used


def test_a_span_has_all_its_files():
    files = Files(FOLDERS, "/d/span-1/a.csv", "/d/span-1/b.csv", "/d/span-2/a.csv")

    assert files.choose(2).spans == (
        Span(1, None, "/d/span-1/*.csv"),
        Span(2, None, "/d/span-2/*.csv"),
    )


def test_a_new_version_takes_the_place_of_an_old_one():
    files = Files(
        VERSIONS,
        "/d/span-1/v9/a.csv",
        "/d/span-1/v10/a.csv",
        "/d/span-1/v2/a.csv",
        "/d/span-2/v0/a.csv",
    )

    assert files.choose(2).spans == (
        Span(1, 10, "/d/span-1/v10/*.csv"),
        Span(2, 0, "/d/span-2/v0/*.csv"),
    )


def test_what_does_not_fit_the_pattern_is_left_out():
    files = Files(FOLDERS, "/d/span-1/a.csv", "/d/span-tmp/a.csv", "/d/span-9/_SUCCESS")

    assert files.numbers("all") == [1]


def test_an_unmarked_span_is_passed_over_and_named():
    choice = folders(1, 2, 3, markers=["/d/span-1/_SUCCESS", "/d/span-2/_SUCCESS"]).choose(
        2, completeness=MARKED
    )

    assert [span.number for span in choice.spans] == [1, 2]
    assert choice.notes == (
        "spans 1, 2 are used, the last one judges (window 2)",
        "span 3 is passed over: there is no _SUCCESS in /d/span-3",
    )


def test_of_a_span_whose_newest_version_is_unmarked_the_one_before_is_used():
    files = Files(
        VERSIONS,
        "/d/span-1/v0/a.csv",
        "/d/span-1/v1/a.csv",
        "/d/span-1/v2/a.csv",
        markers=["/d/span-1/v1/_SUCCESS"],
    )
    choice = files.choose(completeness=MARKED)

    assert choice.spans == (Span(1, 1, "/d/span-1/v1/*.csv"),)
    assert choice.notes == (
        "span 1 version 1 is used (window 1)",
        "span 1 version 2 is passed over: there is no _SUCCESS in /d/span-1/v2",
    )


@pytest.mark.parametrize("window", [1, "all"])
def test_a_marker_without_files_is_told(window):
    markers = [f"/d/span-{span}/_SUCCESS" for span in (1, 2, 9)]
    choice = folders(1, 2, markers=markers).choose(window, completeness=MARKED)

    assert [span.number for span in choice.spans][-1] == 2
    assert choice.notes[1:] == (
        "span 9 is passed over: there is _SUCCESS in /d/span-9, and no *.csv",
    )


def test_a_version_with_a_marker_and_no_files_leaves_the_one_before():
    markers = [f"/d/span-1/v{version}/_SUCCESS" for version in (0, 1)]
    files = Files(VERSIONS, "/d/span-1/v0/a.csv", markers=markers)
    choice = files.choose(completeness=MARKED)

    assert choice.spans == (Span(1, 0, "/d/span-1/v0/*.csv"),)
    assert choice.notes[1:] == (
        "span 1 version 1 is passed over: there is _SUCCESS in /d/span-1/v1, and no *.csv",
    )


def test_a_span_that_was_asked_for_has_no_files():
    files = folders(1, markers=["/d/span-1/_SUCCESS", "/d/span-2/_SUCCESS"])

    with pytest.raises(IncompleteError, match=r"span 2 is not complete: .*, and no \*\.csv$"):
        files.choose(newest=2, completeness=MARKED)


def test_a_span_in_several_folders_needs_a_marker_in_each():
    paths = ["/d/north/1/a.csv", "/d/south/1/a.csv"]
    one = Files("/d/*/{SPAN}/*.csv", *paths, markers=["/d/north/1/_SUCCESS"])

    with pytest.raises(IncompleteError, match="there is no _SUCCESS in /d/south/1"):
        one.choose(completeness=MARKED)
    both = Files(
        "/d/*/{SPAN}/*.csv", *paths, markers=["/d/north/1/_SUCCESS", "/d/south/1/_SUCCESS"]
    )
    assert both.numbers(completeness=MARKED) == [1]


def test_a_span_is_complete_when_none_of_its_files_has_changed_for_long_enough():
    ages = {"/d/span-1/a.csv": 60, "/d/span-2/a.csv": 59}
    choice = folders(1, 2, ages=ages).choose(completeness=Completeness(after_seconds=60))

    assert [span.number for span in choice.spans] == [1]
    assert choice.notes[1] == (
        "span 2 is passed over: /d/span-2/a.csv changed 59 s ago, less than 60 s"
    )


def test_the_youngest_file_of_a_span_decides():
    paths = ["/d/span-1/a.csv", "/d/span-1/b.csv"]
    files = Files(FOLDERS, *paths, ages={paths[0]: 5, paths[1]: 5000})

    with pytest.raises(IncompleteError, match=r"span 1 is not complete: /d/span-1/a\.csv changed"):
        files.choose(completeness=Completeness(after_seconds=60))


def test_both_conditions_hold_if_both_are_given():
    files = folders(1, markers=["/d/span-1/_SUCCESS"], ages={"/d/span-1/a.csv": 5})

    assert files.numbers(completeness=MARKED) == [1]
    with pytest.raises(IncompleteError):
        files.choose(completeness=Completeness("_SUCCESS", 60))


def test_an_incomplete_span_before_the_window_is_not_worth_a_line():
    markers = ["/d/span-2/_SUCCESS", "/d/span-3/_SUCCESS"]
    files = folders(1, 2, 3, markers=markers)

    assert len(files.choose(2, completeness=MARKED).notes) == 1
    assert len(files.choose(3, completeness=MARKED).notes) == 1


def test_an_incomplete_span_within_the_window_is_named():
    markers = ["/d/span-1/_SUCCESS", "/d/span-3/_SUCCESS"]
    choice = folders(1, 2, 3, markers=markers).choose(2, completeness=MARKED)

    assert [span.number for span in choice.spans] == [1, 3]
    assert "span 2 is passed over" in choice.notes[1]


def test_no_span_is_complete():
    with pytest.raises(IncompleteError) as caught:
        folders(1, 2).choose(completeness=MARKED)

    assert str(caught.value) == (
        "no span is complete yet; the newest, span 2 is not complete: "
        "there is no _SUCCESS in /d/span-2"
    )


def test_an_older_span_as_if_it_were_the_newest():
    choice = folders(1, 2, 3, 4).choose(2, newest=3)

    assert [span.number for span in choice.spans] == [2, 3]
    assert choice.notes == ("spans 2, 3 are used, the last one judges (window 2)",)


def test_a_span_that_is_not_there_names_those_that_are():
    with pytest.raises(NoSuchSpanError) as caught:
        folders(1, 2, 4).choose(newest=3)

    assert str(caught.value) == "there is no span 3; those that are there: 1, 2, 4"


def test_of_many_spans_the_first_and_the_last_are_named():
    with pytest.raises(NoSuchSpanError, match=r"there: 1, \.\.\., 91, 92, .*, 100$"):
        folders(*range(1, 101)).choose(newest=500)


def test_an_incomplete_span_that_was_asked_for_is_not_replaced_by_another():
    with pytest.raises(IncompleteError, match=r"^span 2 is not complete: there is no _SUCCESS"):
        folders(1, 2, markers=["/d/span-1/_SUCCESS"]).choose(newest=2, completeness=MARKED)


def test_dates_are_shown_as_dates():
    files = Files("/d/{YYYY}-{MM}-{DD}/*", "/d/2025-01-01/a", "/d/2025-01-03/a")

    assert files.choose(2).notes == (
        "spans 20089 (2025-01-01), 20091 (2025-01-03) are used, the last one judges (window 2)",
    )


def test_one_number_written_in_two_ways():
    with pytest.raises(SpanDataError) as caught:
        folders("1", "01").choose()

    assert str(caught.value) == (
        "span 1 is there twice: /d/span-1/a.csv and /d/span-01/a.csv; "
        "write its number in one way, or give the placeholder a width"
    )


def test_files_that_two_spans_would_read():
    files = Files("/d/*-{SPAN}-*.csv", "/d/a-1-b.csv", "/d/a-1-2-b.csv")

    with pytest.raises(SpanDataError, match=r"/d/a-1-2-b\.csv is of span 2, but the files of"):
        files.choose(2)
    assert files.numbers(1) == [2]
