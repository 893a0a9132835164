import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import InvalidArgumentError
from serving.server import json_parse
from serving.server.json_parse import parse_json, text_bytes


@pytest.mark.conformance("rest.json_error")
@pytest.mark.parametrize(
    ("body", "text", "offset"),
    [
        (b" \n", "The document is empty.", 2),
        (b"}", "The document is empty.", 0),
        (b'{"a": }', "Invalid value.", 6),
        (b"[1, ]", "Invalid value.", 4),
        (b"[,1]", "Invalid value.", 1),
        (b"nul", "Invalid value.", 3),
        (b"[trua]", "Invalid value.", 4),
        (b"[-]", "Invalid value.", 2),
        (b"{1: 2}", "Missing a name for object member.", 1),
        (b'{"a": 1,}', "Missing a name for object member.", 8),
        (b'{"a" 1}', "Missing a colon after a name of object member.", 5),
        (b'{"a": 1 "b"}', "Missing a comma or } after an object member.", 8),
        (b'{"a": 1', "Missing a comma or } after an object member.", 7),
        (b"[1 2]", "Missing a comma or ] after an array element.", 3),
        (b"[[1]", "Missing a comma or ] after an array element.", 4),
        (b"[01]", "Missing a comma or ] after an array element.", 2),
        (b'["a', "Missing a closing quotation mark in string.", 3),
        (b'["a\nb"]', "Invalid encoding in string.", 3),
        (b'["\\x"]', "Invalid escape character in string.", 2),
        (b'["\\u12"]', "Incorrect hex digit after \\u escape in string.", 2),
        (b"[1.]", "Miss fraction part in number.", 3),
        (b"[1e]", "Miss exponent in number.", 3),
        (b' ["\xc3\xa9", -1e400]', "Number too big to be stored in double.", 8),
        (b"[1%s]" % (b"0" * 400), "Number too big to be stored in double.", 1),
        (b"[1%s]" % (b"0" * 5000), "Number too big to be stored in double.", 1),
        (b"[1e400, }", "Number too big to be stored in double.", 1),
        (b"[NaN, 1E+400] 1e400", "Number too big to be stored in double.", 6),
    ],
)
def test_faults_are_named_in_rapidjsons_words(body, text, offset):
    with pytest.raises(InvalidArgumentError) as caught:
        parse_json(body)
    assert caught.value.message == f"JSON Parse error: {text} at offset: {offset}"


@pytest.mark.conformance("rest.empty_body")
def test_a_body_without_bytes_is_empty():
    with pytest.raises(InvalidArgumentError) as caught:
        parse_json(b"")
    assert caught.value.message == "JSON Parse error: The document is empty"


@pytest.mark.conformance("rest.trailing_bytes", "format.special_numbers")
def test_more_than_json_is_taken():
    assert parse_json(b'{"a": [1]} and more') == {"a": [1]}
    assert parse_json(b'\xef\xbb\xbf{"a": null}') == {"a": None}
    special = parse_json(b"[NaN, Infinity, -Infinity, Inf, -Inf]")
    assert math.isnan(special[0])
    assert special[1:] == [math.inf, -math.inf, math.inf, -math.inf]
    minus, inf, *texts = parse_json(b'[-NaN, Inf, "Inf", "-NaN", "\\"Inf"] 1e400')
    assert math.isnan(minus)
    assert (inf, texts) == (math.inf, ["Inf", "-NaN", '"Inf'])
    assert parse_json(b'["1e400", 1e308, 0.%s1, NaN]' % (b"0" * 300))[1] == 1e308


@pytest.mark.conformance("rest.key_twice")
@pytest.mark.parametrize("more", [b"", b" and more"])
def test_of_a_key_that_is_there_twice_the_last_one_counts(more):
    assert parse_json(b'{"a": 1, "a": 2}' + more) == {"a": 2}


LARGE = b"[1%s" % (b", 1" * 100_000)


@pytest.mark.conformance("rest.json_error")
@pytest.mark.parametrize(
    ("more", "text", "offset"),
    [
        (b"", "Expecting ',' delimiter.", len(LARGE)),
        (b', "\xc3\xa9" 1]', "Expecting ',' delimiter.", len(LARGE) + 7),
        (b', "\\"\\"', "Unterminated string starting at.", len(LARGE) + 2),
        (b", 1e400]", "Number too big to be stored in double.", len(LARGE) + 2),
        (b", 1%s]" % (b"0" * 5000), "Number too big to be stored in double.", len(LARGE) + 2),
    ],
)
def test_faults_of_large_documents_are_named_without_a_walk(monkeypatch, more, text, offset):
    monkeypatch.setattr(json_parse, "JsonScan", None)
    with pytest.raises(InvalidArgumentError) as caught:
        parse_json(LARGE + more)
    assert caught.value.message == f"JSON Parse error: {text} at offset: {offset}"


def test_large_documents_may_have_rapidjsons_words_too(monkeypatch):
    monkeypatch.setattr(json_parse, "JsonScan", None)
    assert parse_json(LARGE + b', "Inf", Inf] and more')[-2:] == ["Inf", math.inf]


@pytest.mark.conformance("format.invalid_utf8")
def test_bytes_that_are_not_utf8_pass_as_they_are():
    (text,) = parse_json(b'["a\xff"]')
    assert text_bytes(text) == b"a\xff"
    assert text_bytes(parse_json(b'["\\ud83d\\ude00"]')[0]) == "\U0001f600".encode()
    with pytest.raises(InvalidArgumentError, match="The surrogate pair in string is invalid"):
        text_bytes(parse_json(b'["\\ud800"]')[0])


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_whatever_is_json_is_parsed(value):
    text = json.dumps(value)
    back = parse_json(text.encode())
    assert json.dumps(back) == text


@given(values, st.data())
def test_torn_json_is_refused_and_never_crashes(value, data):
    body = json.dumps(value).encode()
    at = data.draw(st.integers(0, len(body)))
    cut = body[:at] + data.draw(st.binary(max_size=3)) + body[at + 1 :]
    with contextlib.suppress(InvalidArgumentError):
        parse_json(cut)


@given(st.binary(max_size=40))
def test_no_bytes_crash_the_parser(body):
    with contextlib.suppress(InvalidArgumentError):
        parse_json(body)
