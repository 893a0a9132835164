"""Rows of Parquet files: nothing that is there may get lost, and nothing wrong gets in."""

from __future__ import annotations

import datetime as dt
import decimal

import pyarrow as pa
import pytest
from pyarrow import parquet


@pytest.fixture
def write(folder):
    """Writes tables, by name: values by column, or an Arrow table."""

    def write_files(**files):
        for name, content in files.items():
            table = content if isinstance(content, pa.Table) else pa.table(content)
            parquet.write_table(table, folder / f"{name}.parquet")

    return write_files


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([7, 0, -1]), [[7], [0], [-1]]),
        (pa.array([7, 0], pa.uint64()), [[7], [0]]),
        (pa.array([False, True, None]), [[0], [1], []]),
        (pa.array([1.5, 0.0, None]), [[1.5], [0.0], []]),
        (pa.array([1.5], pa.float32()), [[1.5]]),
        (pa.array([1e300]), [[float("inf")]]),
        (pa.array(["", "é", None]), [[b""], ["é".encode()], []]),
        (pa.array(["a"], pa.large_string()), [[b"a"]]),
        (pa.array([b"\xff"]), [[b"\xff"]]),
        (pa.array([b"ab"], pa.binary(2)), [[b"ab"]]),
        (pa.array(["a", "b", None, "a"]).dictionary_encode(), [[b"a"], [b"b"], [], [b"a"]]),
        (pa.array([[0, 1], [], None]), [[0, 1], [], []]),
        (pa.array([[1.5], [2.5, 3.5]]), [[1.5], [2.5, 3.5]]),
        (pa.array([["a"], ["b", ""]]), [[b"a"], [b"b", b""]]),
        (pa.array([[True], []]), [[1], []]),
        (pa.array([[1, 2]], pa.list_(pa.int32(), 2)), [[1, 2]]),
        (pa.nulls(2), [None, None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_a_value_is_kept_with_its_kind(write, rows, column, expected):
    write(a={"x": column})

    assert [row["x"] for row in rows("parquet")] == expected


def test_it_is_the_same_table_as_a_csv(write, read, folder):
    write(a={"x": [1.5, None], "y": ["a", None], "z": [0, 1]})
    from_parquet = read("parquet")
    (folder / "a.parquet").unlink()
    (folder / "a.csv").write_text("x,y,z\n1.5,a,0\n,,1\n")

    assert read("csv") == from_parquet


def test_files_agree_in_any_order_of_columns_and_width_of_numbers(write, rows):
    write(
        a={"x": pa.array([1], pa.int32()), "y": pa.nulls(1)},
        b={"y": ["b"], "x": [2]},
        c={"x": pa.nulls(1), "y": ["c"]},
    )

    assert rows("parquet") == [
        {"x": [1], "y": []},
        {"x": [2], "y": [b"b"]},
        {"x": [], "y": [b"c"]},
    ]


def test_another_type_than_its_siblings(write, refusal):
    write(a={"x": [1], "y": ["b"]}, b={"x": [1.5], "y": ["b"]}, c={"x": [[1]], "y": ["b"]})

    found = refusal("parquet")

    assert found.places == [("b.parquet", "schema"), ("c.parquet", "schema")]
    assert found.problems[0] == "column x is double, in a.parquet it is int64"
    assert found.problems[1].startswith("column x is list<")


def test_other_columns_than_its_siblings(write, refusal):
    write(a={"x": [1], "y": ["b"]}, b={"x": [1], "z": ["b"]})

    assert refusal("parquet").headline == (
        "b.parquet, schema: unlike a.parquet, it has no column 'y' and it has 'z'"
    )


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([dt.date(2026, 1, 2)], "date32[day]"),
        ([dt.datetime(2026, 1, 2)], "timestamp[us]"),
        ([{"a": 1}], "struct<a: int64>"),
        ([decimal.Decimal("1.5")], "decimal128(2, 1)"),
        ([[[1]]], "list<element: list<element: int64>>"),
    ],
)
def test_what_an_example_cannot_hold_is_refused_by_column_and_type(write, refusal, values, kind):
    write(a={"x": [1], "when": values})

    found = refusal("parquet")

    assert found.headline == f"a.parquet, schema: column when is {kind}"
    assert found.fixes[0].startswith("convert it")


def test_a_null_within_a_list(write, refusal):
    write(a={"x": [[1], [1, None, None], None, [None]]})

    found = refusal("parquet")

    assert found.places == [("a.parquet", "row 2"), ("a.parquet", "row 4")]
    assert found.problems[0] == "x: a null within the list '[1, None, None]'"


def test_a_whole_number_beyond_64_bits(write, refusal):
    write(a={"x": pa.array([1, 2**63], pa.uint64())})

    found = refusal("parquet")

    assert "9223372036854775808" in found.problems[0]


@pytest.mark.parametrize(
    ("given", "missing"),
    [(1.0, None), (1.0, float("nan")), ("big", ""), (b"big", b""), (0, None), (0, -(2**63))],
)
def test_rows_without_label(write, refusal, given, missing):
    write(a={"x": [1, 2], "tips": [given, missing]}, b={"x": [1, 2], "tips": [missing, given]})

    found = refusal("parquet", "tips")

    assert found.places == [("a.parquet", "row 2"), ("b.parquet", "row 1")]
    assert set(found.problems) == {"no label: tips is missing"}


@pytest.mark.parametrize("infinite", [float("inf"), -float("inf"), 1e300, [1.0, float("inf")]])
def test_an_infinite_label(write, refusal, infinite):
    write(a={"x": [1, 2], "tips": [[1.0] if isinstance(infinite, list) else 1.0, infinite]})

    assert refusal("parquet", "tips").headline == ("a.parquet, row 2: no label: tips is infinite")


def test_lists_without_label(write, refusal):
    write(a={"x": [1, 2, 3, 4], "tips": [[1.0, 2.0], [], None, [float("nan"), 1.0]]})

    found = refusal("parquet", "tips")

    assert [row for _, row in found.places] == ["row 2", "row 3", "row 4"]
    assert set(found.problems) == {"no label: tips is missing"}


@pytest.mark.parametrize("column", [pa.nulls(2), pa.array([[], None], pa.list_(pa.int64()))])
def test_a_label_that_is_always_missing(write, refusal, column):
    write(a={"x": [1, 2], "tips": column})

    assert refusal("parquet", "tips").headline == "2 findings in a.parquet"


def test_a_label_that_is_no_column(write, refusal):
    write(a={"x": [1]})

    assert refusal("parquet", "y").headline == (
        "a.parquet, schema: no column 'y', which data.label names"
    )


def test_a_file_that_is_empty_cut_off_or_something_else(write, refusal, folder):
    write(a={"x": list(range(1000))})
    data = (folder / "a.parquet").read_bytes()
    (folder / "b.parquet").write_bytes(b"")
    (folder / "c.parquet").write_bytes(data[:-100])
    (folder / "d.parquet").write_bytes(b"x,y\n1,2\n")

    found = refusal("parquet")

    assert [file for file, _ in found.places] == ["b.parquet", "c.parquet", "d.parquet"]
    assert found.problems[0] == "the file is empty"
    assert found.problems[1].startswith("the file is no readable Parquet file (")


def test_damage_within_a_file(write, refusal, folder):
    write(a={"x": [str(number) for number in range(10_000)]})
    path = folder / "a.parquet"
    data = bytearray(path.read_bytes())
    data[8:200] = bytes(192)
    path.write_bytes(bytes(data))

    assert refusal("parquet").headline.startswith("a.parquet: the file is damaged (")


def test_a_table_without_rows(write, refusal, rows):
    empty = {"x": pa.array([], pa.int64())}
    write(a=empty)

    assert refusal("parquet").headline == "a.parquet: the file has no rows"

    write(b={"x": [1]})
    assert rows("parquet") == [{"x": [1]}]
