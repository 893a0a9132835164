"""Text that is no configuration at all."""

from __future__ import annotations

import re

import pytest

FILE = "taxi/pipeline.yaml"


def test_duplicate_keys(folder, write, problems):
    write((folder / "pipeline.yaml").read_text() + "evaluator:\n  signature: x\n")

    assert problems() == [f"{FILE}:8: evaluator: key given twice (first on line 5); remove one"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "data:\n\tpath: x\n",
            (
                "2: not valid YAML: found character '\\t' that cannot start any "
                "token, in `path: x`; indent with spaces, not tabs"
            ),
        ),
        (
            "data:\n  path: a: b\n",
            (
                "2: not valid YAML: mapping values are not allowed here, in `path: a: b`; "
                "check the indentation, and quote a value that holds a colon and a space"
            ),
        ),
        (
            "data:\n  path: [a\nname: x",
            ("3: not valid YAML: expected ',' or ']', but got ':', in `name: x`"),
        ),
        ("data: x\n---\ndata: y\n", "2: not valid YAML: but found another document, in `---`"),
        (
            "data: {path: *nowhere}\n",
            ("1: not valid YAML: found undefined alias 'nowhere', in `data: {path: *nowhere}`"),
        ),
        ("data:\n  1: x\n", '2: data: the key 1 must be a text; quote it: "1"'),
        ("data:\n  [a]: x\n", "2: data: a key must be a text, not a list or mapping"),
        (
            "data: &d {path: x}\nschema:\n  <<: *d\n",
            ("3: schema: merge keys (<<) are not supported; write the keys out"),
        ),
        (
            "data: &d\n  path: *d\n",
            ("1: data.path: an alias inside what it stands for; write the value out"),
        ),
        (
            "data: {path: !!python/name:os.system ''}",
            ("1: data.path: the tag !!python/name:os.system does not fit here; remove it"),
        ),
        (
            "trainer: {epochs: !!int x}",
            ("1: trainer.epochs: the tag !!int does not fit here; remove it"),
        ),
        (
            "data: {path: \x07}",
            (
                "1: not valid YAML: unacceptable character #x0007: special "
                "characters are not allowed"
            ),
        ),
    ],
)
def test_text_that_is_not_yaml_of_a_configuration(write, text, message, problems):
    write(text)

    assert f"{FILE}:{message}" in problems()
    assert all("= null" not in problem for problem in problems())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; write sections, at least data, transform and evaluator"),
        ("# nothing\n", "is empty; write sections, at least data, transform and evaluator"),
        (
            "- data\n",
            ("must be a mapping of keys; write sections, at least data, transform and evaluator"),
        ),
    ],
)
def test_a_file_without_sections(write, text, message, problems):
    write(text)

    assert problems() == [f"{FILE}: {message}"]


def test_a_file_that_is_not_utf8(folder, problems):
    (folder / "pipeline.yaml").write_bytes(b"name: caf\xe9\n")

    (message,) = problems()
    assert re.fullmatch(rf"{FILE}: is not UTF-8 text \(.*\); save it as UTF-8", message)


def test_values_that_are_not_yaml(problems):
    assert problems("trainer.parameters={a: 1, a: 2}", TIDEMILL_TRAINER="[1") == [
        (
            'from environment variable TIDEMILL_TRAINER: trainer = "[1": not valid YAML: '
            "expected ',' or ']', but got '<stream end>', in `[1`"
        ),
        (
            "from --set trainer.parameters={a: 1, a: 2}: trainer.parameters: key given twice "
            "(first on line 1); remove one"
        ),
    ]
