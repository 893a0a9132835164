import math

import pytest

from serving.client.row_files import (
    RowFormatError,
    fill_missing,
    parse_csv_rows,
    parse_json_rows,
)
from serving.signature import Signature, TensorSpec

VARIED = Signature(
    "serving_rows",
    inputs={
        "f": TensorSpec("f", "float", (-1,)),
        "n": TensorSpec("n", "int64", (-1, 1)),
        "s": TensorSpec("s", "string", None),
        "b": TensorSpec("b", "bool", (-1,)),
    },
)


def numbers(name):
    spec = {"n": TensorSpec("n", "int64", (-1,)), "s": TensorSpec("s", "string", (-1,))}
    return Signature(name, inputs=spec)


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 1}, {"a": 2}]',
        '{"instances": [{"a": 1}, {"a": 2}]}',
        '{"a": 1}\n\n{"a": 2}\n',
    ],
)
def test_three_ways_to_write_rows(text):
    assert parse_json_rows(text) == [{"a": 1}, {"a": 2}]


def test_one_object_is_one_row():
    assert parse_json_rows('{"a": [1, 2]}') == [{"a": [1, 2]}]


def test_base64_is_bytes():
    assert parse_json_rows('[{"a": {"b64": "/w=="}, "c": [{"b64": ""}]}]') == [
        {"a": b"\xff", "c": [b""]}
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the input is empty"),
        ("  \n ", "the input is empty"),
        ("not json", "the input is not JSON"),
        ('{"a": 1}\n{"a": }', "line 2 is not JSON"),
        ("3", "neither a list of rows nor an object"),
        ('{"instances": 3}', "neither a list of rows nor an object"),
        ('[{"a": 1}, 2]', "row 2 is not an object"),
        ('[{"a": {"b64": "%"}}]', "not base64: '%'"),
    ],
)
def test_what_is_no_row_is_refused(text, message):
    with pytest.raises(RowFormatError) as caught:
        parse_json_rows(text)
    assert message in caught.value.message


def test_cells_get_the_types_of_the_signature():
    text = 'label,b,s,n,f\n9,true,"a, b",7,0.5\n,0,,-7,\n'
    first, second = parse_csv_rows(text, VARIED)
    assert first == {"f": 0.5, "n": [7], "s": "a, b", "b": True}
    assert math.isnan(second.pop("f"))
    assert second == {"n": [-7], "s": "", "b": False}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("f,n\n1,2\n", "lacks these columns of the model: s, b"),
        ("", "lacks these columns of the model: f, n, s, b"),
        ("f,n,s,b\n1,x,s,1\n", "line 2: 'x' in column n is not of the type int64"),
        ("f,n,s,b\n1,1,s,1\n1,,s,1\n", "line 3: '' in column n is not of the type int64"),
        ("f,n,s,b\n1,1,s,maybe\n", "line 2: 'maybe' in column b is not of the type bool"),
        ("f,n,s,b\n1\n", "line 2 ends before column n"),
    ],
)
def test_csv_that_does_not_fit_is_refused(text, message):
    with pytest.raises(RowFormatError) as caught:
        parse_csv_rows(text, VARIED)
    assert message in caught.value.message


def test_an_empty_cell_of_whole_numbers_is_the_smallest():
    rows = parse_csv_rows("n,s\n1,a\n,b\n \t,c\n", numbers("serving_rows"))
    assert [row["n"] for row in rows] == [1, -(2**63), -(2**63)]
    with pytest.raises(RowFormatError, match="line 3: '' in column n"):
        parse_csv_rows("n,s\n1,a\n,b\n", numbers("another"))


def test_null_and_nan_in_json_are_missing_values_too():
    rows = parse_json_rows('[{"n": null, "s": null, "z": null}, {"n": NaN, "s": "a"}, {"s": NaN}]')
    assert fill_missing(rows, numbers("serving_rows")) == [
        {"n": -(2**63), "s": "", "z": None},
        {"n": -(2**63), "s": "a"},
        {"s": ""},
    ]
    assert fill_missing([{"n": None, "s": None}], numbers("another")) == [{"n": None, "s": ""}]


def test_null_has_the_shape_of_its_input():
    (row,) = fill_missing(
        [{"f": None, "x": 1}], Signature("s", {"f": TensorSpec("f", "float", (-1, 1))})
    )
    assert math.isnan(row["f"][0])


def test_a_line_separator_inside_of_a_text_ends_no_line():
    text = '{"a": "x\u2028y"}\r\n{"a": "z\x85"}\n'
    assert parse_json_rows(text) == [{"a": "x\u2028y"}, {"a": "z\x85"}]
