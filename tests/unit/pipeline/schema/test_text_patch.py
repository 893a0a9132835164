"""A schema's text changes where the schema changes, and nowhere else."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.schema.text_patch import patch_text, render

TAXI = (Path(__file__).resolve().parents[4] / "schemas" / "taxi.pbtxt").read_text()


def parse(text):
    return text_format.Parse(text, schema_pb2.Schema())


def patch(text, change):
    """Patches a text; returns the changed schema and the answer."""
    old, new = parse(text), parse(text)
    change(new)
    return new, patch_text(text, old, new)


def changed_lines(before, after):
    """Returns the lines that came or went; blank ones aside."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@")) and line[1:]]


def feature(schema, name):
    return next(each for each in schema.feature if each.name == name)


def widen(schema):
    feature(schema, "fare").float_domain.max = 20000


def relax(schema):
    feature(schema, "trip_miles").presence.min_fraction = 0.5
    feature(schema, "trip_miles").ClearField("shape")


def deprecate(schema):
    feature(schema, "trip_miles").lifecycle_stage = schema_pb2.DEPRECATED


def unbound(schema):
    feature(schema, "fare").float_domain.ClearField("min")


def bound(schema):
    feature(schema, "company").string_domain.value.extend(["a", "b"])


def retype(schema):
    feature(schema, "company").type = schema_pb2.INT


def extend(schema):
    schema.string_domain[0].value.extend(['Gütschein "A"', "Zloty"])


def shorten(schema):
    del schema.string_domain[0].value[1:]


def other_environments(schema):
    feature(schema, "pickup_latitude").not_in_environment[:] = ["ELSEWHERE", "SERVING"]


def add(schema):
    tolls = schema.feature.add(name="tolls", type=schema_pb2.FLOAT, domain="tolls")
    tolls.presence.min_fraction = 1
    tolls.shape.dim.add(size=1)
    schema.string_domain.add(name="tolls", value=["x"])


def remove(schema):
    del schema.feature[3]
    del schema.string_domain[:]
    feature(schema, "payment_type").ClearField("domain")


def environments(schema):
    schema.default_environment.append("SHADOW")


CHANGES = [
    widen, relax, deprecate, unbound, bound, retype, extend, shorten, other_environments, add,
    remove, environments,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_the_patched_text_says_what_was_wanted_and_keeps_every_comment(change):
    new, patched = patch(TAXI, change)

    assert parse(patched.text) == new
    assert patched.lost_comments == ()
    assert "# Dollars, without tips and tolls." in patched.text
    assert len(changed_lines(TAXI, patched.text)) < 25


def test_all_changes_at_once():
    def everything(schema):
        for change in CHANGES:
            change(schema)

    new, patched = patch(TAXI, everything)

    assert parse(patched.text) == new
    assert patched.lost_comments == ()


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (
            widen,
            [
                "-  float_domain { min: 0 max: 10000 disallow_nan: true }",
                "+  float_domain { min: 0 max: 20000.0 disallow_nan: true }",
            ],
        ),
        (deprecate, ["+  lifecycle_stage: DEPRECATED"]),
        (
            unbound,
            [
                "-  float_domain { min: 0 max: 10000 disallow_nan: true }",
                "+  float_domain { max: 10000 disallow_nan: true }",
            ],
        ),
        (extend, ['+  value: "Gütschein \\"A\\""', '+  value: "Zloty"']),
        (
            add,
            [
                "+feature {",
                '+  name: "tolls"',
                "+  type: FLOAT",
                '+  domain: "tolls"',
                "+  presence { min_fraction: 1.0 }",
                "+  shape { dim { size: 1 } }",
                "+}",
                "+string_domain {",
                '+  name: "tolls"',
                '+  value: "x"',
                "+}",
            ],
        ),
    ],
)
def test_only_these_lines_change(change, lines):
    assert changed_lines(TAXI, patch(TAXI, change)[1].text) == lines


def test_a_comment_behind_a_value_stays_with_it():
    text = 'string_domain {\n  name: "x"\n  value: "a"  # first\n}'
    _, patched = patch(text, lambda schema: schema.string_domain[0].value.append("b"))

    assert patched.text == 'string_domain {\n  name: "x"\n  value: "a"  # first\n  value: "b"\n}'


def test_a_paragraph_that_goes_takes_its_blank_line_along():
    text = 'feature { name: "a" }\n\nfeature { name: "b" }\n\nfeature { name: "c" }\n'
    _, patched = patch(text, lambda schema: schema.feature.pop(1))

    assert patched.text == 'feature { name: "a" }\n\nfeature { name: "c" }\n'


def test_a_comment_inside_of_what_goes_is_told():
    text = 'feature {\n  name: "a"\n  # never mind\n}\nfeature { name: "b" }\n'
    _, patched = patch(text, lambda schema: schema.feature.pop(0))

    assert patched.lost_comments == ("# never mind",)


@pytest.mark.parametrize(
    "text",
    [
        '# why\nfeature: [{ name: "a" }, { name: "b" }]',
        '# why\nfeature { name: "a" }\nfeature { name: "a" }',
    ],
)
def test_what_cannot_be_patched_is_written_anew_and_its_comments_are_told(text):
    def change(schema):
        schema.feature[0].type = schema_pb2.INT
        schema.feature[1].deprecated = True

    new, patched = patch(text, change)

    assert parse(patched.text) == new
    assert patched.lost_comments == ("# why",)


def test_nothing_changes_nothing():
    assert patch(TAXI, lambda _schema: None)[1].text == TAXI


def test_a_whole_schema_is_written_as_people_write_it():
    schema = parse(TAXI)
    text = render(schema)

    assert parse(text) == schema
    assert text.startswith('feature {\n  name: "tips"\n  type: FLOAT\n  float_domain { min: 0.0')
    assert "\n}\n\nfeature {\n" in text
