import math

import pytest

from serving.errors import InvalidArgumentError
from serving.server.json_examples import Feature, parse_examples


@pytest.mark.conformance("format.examples")
@pytest.mark.parametrize(
    ("value", "feature"),
    [
        (2, Feature("int64", [2])),
        (2.0, Feature("float", [2.0])),
        (2**70, Feature("float", [2.0**70])),
        (True, Feature("int64", [1])),
        ([1, False], Feature("int64", [1, 0])),
        ("é", Feature("bytes", ["é".encode()])),
        ({"b64": "/w=="}, Feature("bytes", [b"\xff"])),
        (["a", {"b64": "YQ"}], Feature("bytes", [b"a", b"a"])),
        ([], Feature("", [])),
        (1e300, Feature("float", [math.inf])),
    ],
)
def test_json_decides_the_kind_of_a_feature(value, feature):
    assert parse_examples({"examples": [{"f": value}]}) == (None, [{"f": feature}])


def test_the_context_is_an_example_too():
    context, examples = parse_examples({"context": {"c": 1}, "examples": [{}, {"a": 2}]})
    assert context == {"c": Feature("int64", [1])}
    assert examples == [{}, {"a": Feature("int64", [2])}]


@pytest.mark.conformance("rest.examples", "rest.features")
@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({}, "JSON Value: {} When method is classify, key 'examples' is expected and was not fo"),
        ({"examples": 1}, "Expecting 'examples' value to be an list/array"),
        ({"examples": []}, "'examples' value is an empty array"),
        ({"examples": [1]}, "Example must be JSON object but got JSON Number"),
        ({"examples": [{}], "context": []}, "Example must be JSON object but got JSON Array"),
        ({"examples": [{"f": None}]}, "Feature: f has element with unexpected JSON type: Null"),
        ({"examples": [{"f": [[1]]}]}, "Feature: f has element with unexpected JSON type: Array"),
        ({"examples": [{"f": {"a": 1}}]}, "Feature: f has element with unexpected JSON type: Obj"),
        ({"examples": [{"f": [1, "a"]}]}, "element type in feature: f expecting type: int64"),
        ({"examples": [{"f": [1, 1.5]}]}, "element type in feature: f expecting type: int64"),
        ({"examples": [{"f": 2**63}]}, "f has uint64_t element. Only int64_t is supported."),
        ({"examples": [{"f": {"b64": "%"}}]}, "Unable to base64 decode"),
        ({"examples": [{"\ud800": 1}]}, "The surrogate pair in string is invalid."),
        (
            {"examples": [{}], "context": {"a\udcff": 1}},
            "The name of a feature is not UTF-8: a\\xff",
        ),
    ],
)
def test_what_is_no_example_is_refused(document, text):
    with pytest.raises(InvalidArgumentError) as caught:
        parse_examples(document)
    assert text in caught.value.message
