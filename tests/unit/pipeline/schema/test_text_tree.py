"""Text format is read with the places of its fields."""

from __future__ import annotations

import pytest

from pipeline.schema.text_tree import UnreadableTextError, comments, read_fields

TEXT = """\
# A schema.
feature {
  name: "a # no comment" 'and "more"'  # a comment
  presence < min_count: 1, >; type: INT
  not_in_environment: ["X", "Y"]
}
default_environment: "TRAINING"
"""


def shown(text, fields):
    return [
        (each.name, text[each.start : each.end], each.body and shown(text, each.body))
        for each in fields
    ]


def test_every_field_has_its_place():
    feature, environment = read_fields(TEXT)

    assert TEXT[feature.start :].startswith("feature {")
    assert TEXT[feature.end - 1] == "}"
    assert TEXT[feature.inside :].startswith("\n  name")
    assert shown(TEXT, feature.body) == [
        ("name", 'name: "a # no comment" \'and "more"\'', None),
        ("presence", "presence < min_count: 1, >", [("min_count", "min_count: 1", None)]),
        ("type", "type: INT", None),
        ("not_in_environment", 'not_in_environment: ["X", "Y"]', None),
    ]
    assert environment.body is None


def test_comments_are_those_outside_of_strings():
    assert comments(TEXT) == ["# A schema.", "# a comment"]


@pytest.mark.parametrize("text", ["feature {", "feature", '"x"', "a: 'x", "}", "a: [1, 2"])
def test_what_is_no_text_format_is_refused(text):
    with pytest.raises(UnreadableTextError):
        read_fields(text)


def test_comments_of_an_unreadable_text_are_found_all_the_same():
    assert comments("a: 'x\n# why ") == ["# why"]
