import math

import pytest

from serving.client.row_files import RowFormatError, parse_csv_rows, parse_json_rows
from serving.signature import TensorSpec

INPUTS = {
    "f": TensorSpec("f", "float", (-1,)),
    "n": TensorSpec("n", "int64", (-1, 1)),
    "s": TensorSpec("s", "string", None),
    "b": TensorSpec("b", "bool", (-1,)),
}


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
        ('[{"a": 1}, 2]', "row 1 is not an object"),
        ('[{"a": {"b64": "%"}}]', "not base64: '%'"),
    ],
)
def test_what_is_no_row_is_refused(text, message):
    with pytest.raises(RowFormatError) as caught:
        parse_json_rows(text)
    assert message in caught.value.message


def test_cells_get_the_types_of_the_signature():
    text = 'label,b,s,n,f\n9,true,"a, b",7,0.5\n,0,,-7,\n'
    first, second = parse_csv_rows(text, INPUTS)
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
        ("f,n,s,b\n1\n", "line 2: '' in column n"),
    ],
)
def test_csv_that_does_not_fit_is_refused(text, message):
    with pytest.raises(RowFormatError) as caught:
        parse_csv_rows(text, INPUTS)
    assert message in caught.value.message
