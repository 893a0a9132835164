"""CSV files: what is read, and everything that is refused, with file, line, value and fix."""

from __future__ import annotations

import gzip

import pytest

from components.example_gen import csv_blocks, csv_table

TRIPS = "miles,company,tips\n1,Blue,0.5\n2.5,,1\n,Red,0\n"
ROWS = [
    {"miles": [1.0], "company": [b"Blue"], "tips": [0.5]},
    {"miles": [2.5], "company": [], "tips": [1.0]},
    {"miles": [], "company": [b"Red"], "tips": [0.0]},
]


@pytest.fixture
def write(folder):
    """Writes files, a text or bytes each, by name."""

    def write_files(**files):
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (folder / f"{name}.csv").write_bytes(data)

    return write_files


@pytest.fixture(params=[16, None], ids=["small blocks", "one block"])
def _blocks(request, monkeypatch):
    """Reads in blocks of a few bytes, and in one."""
    if request.param:

        def in_small_blocks(stream):
            return csv_blocks.read_blocks(stream, request.param)

        monkeypatch.setattr(csv_table, "read_blocks", in_small_blocks)


pytestmark = pytest.mark.usefixtures("_blocks")


def test_cells_become_values_and_missing_ones_empty_lists(write, rows):
    write(a=TRIPS)

    assert rows(label="tips") == ROWS


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + TRIPS.encode(),
        TRIPS.replace("\n", "\r\n").encode(),
        TRIPS.rstrip("\n").encode(),
        TRIPS.replace("\n", "\n\n").encode(),
        gzip.compress(TRIPS.encode()),
        b'"miles","company","tips"\n"1","Blue","0.5"\n"2.5","","1"\n"","Red","0"\n',
    ],
    ids=["byte order mark", "CRLF", "no last line end", "blank lines", "gzip", "all quoted"],
)
def test_the_same_table_written_otherwise(write, rows, content):
    write(a=content)

    assert rows() == ROWS


def test_quoted_cells_hold_commas_quotes_and_line_ends(write, rows):
    write(a='x,y\n"a,b","c ""d""\ne\r\n"\n"é",5" pipe\nz,and 6"\n')

    assert rows() == [
        {"x": [b"a,b"], "y": [b'c "d"\ne\r\n']},
        {"x": ["é".encode()], "y": [b'5" pipe']},
        {"x": [b"z"], "y": [b'and 6"']},
    ]


def test_types_are_inferred_over_all_rows_of_all_files(write, rows):
    write(a="x,y,z\n1,1,1\n2,2,b\n", b="z,y,x\nc,2.5,3\nd,4,\n")

    assert rows() == [
        {"x": [1], "y": [1.0], "z": [b"1"]},
        {"x": [2], "y": [2.0], "z": [b"b"]},
        {"x": [3], "y": [2.5], "z": [b"c"]},
        {"x": [], "y": [4.0], "z": [b"d"]},
    ]


def test_numbers_that_arrow_alone_would_not_read(write, rows):
    write(a="x,y\n+5,+1.5\n 6 , 2.5 \n007,.5\n")

    assert rows() == [{"x": [5], "y": [1.5]}, {"x": [6], "y": [2.5]}, {"x": [7], "y": [0.5]}]


@pytest.mark.parametrize("source", ["declared", "in_schema"])
def test_a_given_type_is_taken(write, rows, source):
    write(a="zip,n\n01234,1\n56789,2\n")

    assert rows(**{source: {"zip": "text", "n": "float"}}) == [
        {"zip": [b"01234"], "n": [1.0]},
        {"zip": [b"56789"], "n": [2.0]},
    ]


def test_a_column_without_any_value_has_no_kind(write, rows):
    write(a="x,y\n1,\n2,\n")

    assert rows() == [{"x": [1], "y": None}, {"x": [2], "y": None}]


def test_a_file_with_a_header_only_is_fine_beside_others(write, rows):
    write(a="x,y\n", b="y,x\n1,2\n", c="x,y")

    assert rows() == [{"x": [2], "y": [1]}]


def test_a_header_only_is_refused_alone(write, refusal):
    write(a="x,y\n", b="x,y")

    found = refusal()

    assert found.places == [("a.csv", ""), ("b.csv", "")]
    assert set(found.problems) == {"the file has a header and no rows"}


def test_an_empty_file(write, refusal):
    write(a="", b="x\n1\n")

    assert refusal().headline == "a.csv: the file is empty"


def test_rows_with_too_many_and_too_few_cells(write, refusal):
    write(a='x,y\n1,"two\nlines"\n\n1\n1,2\n', b="x,y\n1,2,3\n")

    found = refusal()

    assert found.places == [("a.csv", "line 5"), ("b.csv", "line 2")]
    assert found.problems == [
        "1 cells, the header has 2: '1'",
        "3 cells, the header has 2: '1,2,3'",
    ]
    assert "put into quotes" in found.fixes[0]
    assert found.headline == "2 findings in 2 files"


def test_a_byte_that_is_not_utf8(write, refusal):
    write(a=b"x,y\n1,caf\xc3\xa9\n2,caf\xe9\n3,z\n\xff,4\n")

    found = refusal()

    assert found.places == [("a.csv", "line 3"), ("a.csv", "line 5")]
    assert found.problems == ["byte 0xE9 is not UTF-8", "byte 0xFF is not UTF-8"]
    assert found.fixes[0] == "save the file as UTF-8"


@pytest.mark.parametrize("content", ["x,y\n1,é\n".encode("utf-16"), b"x,caf\xe9\n1,2\n"])
def test_a_file_or_header_in_another_encoding(write, refusal, content):
    write(a=content)

    assert refusal().fixes == ["save the file as UTF-8"]


def test_a_quoted_line_end_cut_in_half(write, refusal):
    write(a='x,y\n1,2\n3,"cut here\nand')

    found = refusal()

    assert found.places == [("a.csv", "line 3")]
    assert found.problems == ["a quote is opened in the row that begins here and never closed"]
    assert "cut off" in found.fixes[0]


def test_a_quote_that_would_hide_where_a_row_ends(write, refusal):
    write(a='x,y\n5" pipe,1\n"two\nlines",2\n"3",4\n')

    found = refusal()

    assert "a quote stands within a cell that is not in quotes" in found.problems


def test_a_row_of_commas_is_no_end_of_a_block(write, refusal):
    write(a="x,y\n1,2\n,,\n")

    assert refusal().problems == ["3 cells, the header has 2: ',,'"]


def test_null_bytes_are_text(write, refusal):
    write(a="x,y\na\0b,1\nc\n")

    assert refusal().places == [("a.csv", "line 3")]


def test_a_name_with_braces(write, refusal):
    write(a="{x},y\n1,1\ntwo,2\n")

    assert refusal(declared={"{x}": "int"}).problems == ["{x}: 'two' is no integer"]


def test_a_compressed_file_cut_off(write, refusal):
    text = "".join(f"{number},{number * 7919}\n" for number in range(1000))
    write(a=gzip.compress(f"x,y\n{text}".encode())[:-20])

    assert refusal().headline.startswith("a.csv: the compressed file is damaged or cut off (")


def test_a_file_that_cannot_be_read(write, refusal, monkeypatch):
    write(a="x\n1\n")

    def fail(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("components.example_gen.input_files.InputFile.open", fail)

    assert refusal().headline == "a.csv: the file cannot be read (Permission denied)"


def test_lines_that_end_with_a_carriage_return_alone(write, refusal):
    write(a=TRIPS.replace("\n", "\r"))

    found = refusal(label="tips")

    assert found.headline == "a.csv, line 1: lines end with a carriage return alone (CR)"
    assert found.fixes == ["save the file with LF or CRLF"]


def test_rows_without_label(write, refusal):
    write(a="x,tips\n1,2.5\n2,\n", b="x,tips\n3,\n4,nan\n5,1\n")

    found = refusal(label="tips")

    assert found.places == [("a.csv", "line 3"), ("b.csv", "line 2"), ("b.csv", "line 3")]
    assert set(found.problems) == {"no label: tips is missing"}
    assert found.fixes[0] == "give the row its label, or take the row out"


def test_infinite_numbers(write, refusal):
    write(a="{x},tips\n1e39,2.5\n2.5,inf\n-Infinity,1e-50\n,-1e39\n3,1\n4,nan\n")

    found = refusal(label="tips")

    assert dict(zip([line for _, line in found.places], found.problems, strict=True)) == {
        "line 2": "{x}: '1e39' is no finite number of 32 bits",
        "line 3": "no label: tips is infinite",
        "line 4": "{x}: '-Infinity' is no finite number of 32 bits",
        "line 5": "no label: tips is infinite",
        "line 7": "no label: tips is missing",
    }
    assert set(found.fixes) == {
        "mend or empty the cell",
        "give the row its label, or take the row out",
    }


def test_a_label_that_is_missing_in_all_rows(write, refusal):
    write(a="x,tips\n" + "1,\n" * 30)

    found = refusal(label="tips")

    assert found.headline == "30 findings in a.csv"
    assert found.places == [("a.csv", f"line {line}") for line in range(2, 12)]
    assert found.advice.startswith("these are the first 10 of 30 findings")


def test_a_label_that_is_no_column(write, refusal):
    write(a="x,species\n1,2\n", b="x,species\n1,2\n")

    found = refusal(label="specie")

    assert found.headline == "a.csv, line 1: no column 'specie', which data.label names"
    assert found.fixes == ["did you mean 'species'?"]


def test_a_number_column_with_text(write, refusal):
    numbers = "".join(f"{number},{number}\n" for number in range(100))
    write(a=f"x,y\n{numbers}", b="y,x\nn/a,1\n2,3\nfree,\n4,five\n")

    found = refusal()

    assert sorted(found.places) == [("b.csv", f"line {line}") for line in (2, 4, 5)]
    assert sorted(found.problems) == [
        "x: 'five' is no number",
        "y: 'free' is no number",
        "y: 'n/a' is no number",
    ]
    assert "mend or empty the cell, or declare data.types: {y: text}" in found.fixes


def test_the_fix_of_a_number_column_with_text(write, rows):
    numbers = "".join(f"{number}\n" for number in range(100))
    write(a=f"y\n{numbers}free\n")

    assert rows(declared={"y": "text"})[-2:] == [{"y": [b"99"]}, {"y": [b"free"]}]


@pytest.mark.parametrize(
    ("source", "named"), [("declared", "data.types.x"), ("in_schema", "the type in the schema")]
)
def test_a_cell_that_is_not_of_its_given_type(write, refusal, source, named):
    write(a="x,y\n1,a\n2.5,b\n3,c\nx,d\n")

    found = refusal(**{source: {"x": "int"}})

    assert found.places == [("a.csv", "line 3"), ("a.csv", "line 5")]
    assert found.problems == ["x: '2.5' is no integer", "x: 'x' is no integer"]
    assert found.fixes[0] == f"mend or empty the cell, or change {named}"


def test_a_declared_type_of_no_column(write, refusal):
    write(a="fare,y\n1,a\n")

    found = refusal(declared={"fares": "int"}, in_schema={"elsewhere": "int"})

    assert found.headline == "a.csv, line 1: no column 'fares', which data.types names"
    assert found.fixes == ["did you mean 'fare'?"]


def test_a_header_unlike_its_siblings(write, refusal):
    write(a="x,y\n1,2\n", b="x,z\n1,2\n", c="y,x\n1,2\n")

    found = refusal()

    assert found.headline == "b.csv, line 1: unlike a.csv, it has no column 'y' and has 'z'"


def test_columns_of_the_same_name_and_of_none(write, refusal):
    write(a=",x,y,x\n1,2,3,4\n")

    found = refusal()

    assert found.places == [("a.csv", "line 1")] * 2
    assert found.problems == ["column 1 has no name", "2 columns have the name 'x'"]


def test_what_is_wrong_in_several_files_is_told_at_once(write, refusal):
    write(a="x,y\n1\n", b='x,y\n1,"', c=b"x,y\n\xff,1\n", d="", e="x\n")

    assert refusal().places == [
        ("d.csv", ""),
        ("e.csv", "line 1"),
        ("a.csv", "line 2"),
        ("b.csv", "line 2"),
        ("c.csv", "line 2"),
    ]


def test_a_cell_of_any_length(write, rows):
    long = "word, " * 2000
    write(a=f'x,y\n"{long}",1\nb,2\n')

    assert rows()[0] == {"x": [long.encode()], "y": [1]}
