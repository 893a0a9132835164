import pytest

from serving.server.json_debug import debug_text, json_type


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (2.0, "2.0"),
        (1e30, "1e30"),
        (1e-7, "1e-7"),
        ("é\n", '"é\\n"'),
        (None, "null"),
        ([], "[]"),
        ({}, "{}"),
        ([1, [True, "x"]], '[1, [true, "x"]]'),
        ({"a": 1, "b": [2]}, '{\n    "a": 1,\n    "b": [2]\n}'),
        ({"a": {"b": None}}, '{\n    "a": {\n        "b": null\n    }\n}'),
    ],
)
def test_values_are_pretty(value, text):
    assert debug_text(value) == text


@pytest.mark.conformance("rest.debug_text")
def test_long_values_are_cut_off_after_the_token_that_makes_them_long():
    text = debug_text(list(range(1000)))
    assert 256 <= len(text) < 264
    assert text.startswith("[0, 1, 2")
    assert debug_text(["x" * 1000]) == '["' + "x" * 1000 + '"'


def test_types_have_rapidjsons_names():
    values = [None, False, True, {}, [], "", 1, 1.5]
    expected = ["Null", "False", "True", "Object", "Array", "String", "Number", "Number"]
    assert [json_type(value) for value in values] == expected
